using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Converts objects to bytes with a serializer.</para>
/// </summary>
[Cmdlet(VerbsData.ConvertTo, "IpcData")]
[OutputType(typeof(byte[]))]
public sealed class ConvertToIpcDataCommand : IpcCmdlet
{
    private IIpcSerializer? _serializer;
    private CStruct? _layout;

    /// <summary>The object. From the pipeline, each object gives one byte array.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? InputObject { get; set; }

    /// <summary>The serializer (MessagePack; CStruct with a layout).</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    public string? Serializer { get; set; }

    /// <summary>The layout of a C structure: what New-CStruct made, its name, or C text. A list of objects gives their bytes one after the other.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CStructNameCompleter))]
    [ValidateNotNull]
    public object? Layout { get; set; }

    /// <summary>The protocol of a pickle, 2 to 5 (4): Python 3.8 and later read all of them, Python 3.4 up to 4, Python 2 only 2.</summary>
    [Parameter]
    [ValidateRange(PickleOptions.LowestProtocol, PickleOptions.HighestProtocol)]
    public int Protocol { get; set; } = PickleOptions.DefaultProtocol;

    /// <summary>Writes arrays of numbers into a pickle as NumPy arrays, which a Python without NumPy cannot read, instead of as lists.</summary>
    [Parameter]
    public SwitchParameter NumPy { get; set; }

    /// <summary>The maximum nesting of the objects, 1 to 128 (32). Deeper nesting is an error.</summary>
    [Parameter]
    [ValidateRange(1, IpcSerializers.DeepestDepth)]
    public int Depth { get; set; } = IpcSerializers.DefaultDepth;

    /// <summary>Writes secure strings and credentials as plain text that every holder of the bytes can read. Without it they are an error.</summary>
    [Parameter]
    public SwitchParameter AllowSecret { get; set; }

    /// <summary>Finds the serializer.</summary>
    protected override void BeginProcessing() => Try(
        () =>
        {
            _layout = Layout is null ? null : CStructArgument.Resolve(Layout);
            _serializer = IpcSerializers.Get(Serializer, _layout, new PickleOptions(Protocol, NumPy));
        },
        Serializer);

    /// <summary>Writes the bytes of one object.</summary>
    protected override void ProcessRecord()
    {
        if (_serializer is null)
        {
            return;
        }

        MessageBuffer buffer = MessageBuffer.Rent(new WriteOptions(AllowSecret));
        try
        {
            Try(
                () =>
                {
                    WriteObject(_layout is null ? Serialize(buffer) : _layout.ToBytes(InputObject, out _), enumerateCollection: false);
                },
                InputObject);
        }
        finally
        {
            buffer.Return();
        }
    }

    private byte[] Serialize(MessageBuffer buffer)
    {
        _serializer!.Serialize(InputObject, buffer, Depth);
        return buffer.Written.ToArray();
    }
}
