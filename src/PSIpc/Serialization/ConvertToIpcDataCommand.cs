using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Turns objects into bytes by a serializer.</para>
/// </summary>
[Cmdlet(VerbsData.ConvertTo, "IpcData")]
[OutputType(typeof(byte[]))]
public sealed class ConvertToIpcDataCommand : IpcCmdlet
{
    private IIpcSerializer? _serializer;

    /// <summary>The object. From the pipeline, each object gives one byte array.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? InputObject { get; set; }

    /// <summary>The serializer (MessagePack).</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    public string Serializer { get; set; } = IpcSerializers.DefaultName;

    /// <summary>The deepest nesting that is written, 1 to 128 (32). Deeper is an error.</summary>
    [Parameter]
    [ValidateRange(1, IpcSerializers.DeepestDepth)]
    public int Depth { get; set; } = IpcSerializers.DefaultDepth;

    /// <summary>Finds the serializer.</summary>
    protected override void BeginProcessing() => Try(() => _serializer = IpcSerializers.Get(Serializer), Serializer);

    /// <summary>Writes the bytes of one object.</summary>
    protected override void ProcessRecord()
    {
        if (_serializer is null)
        {
            return;
        }

        MessageBuffer buffer = MessageBuffer.Rent();
        try
        {
            Try(
                () =>
                {
                    _serializer.Serialize(InputObject, buffer, Depth);
                    WriteObject(buffer.Written.ToArray(), enumerateCollection: false);
                },
                InputObject);
        }
        finally
        {
            buffer.Return();
        }
    }
}
