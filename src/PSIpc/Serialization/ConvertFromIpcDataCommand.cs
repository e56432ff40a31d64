using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Converts bytes that a serializer wrote back to an object.</para>
/// </summary>
[Cmdlet(VerbsData.ConvertFrom, "IpcData")]
[OutputType(typeof(object))]
public sealed class ConvertFromIpcDataCommand : IpcCmdlet
{
    private readonly List<byte> _bytes = [];
    private IIpcSerializer? _serializer;
    private CStruct? _layout;

    /// <summary>The bytes: an array, or single bytes from the pipeline, which are concatenated.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public object InputObject { get; set; } = Array.Empty<byte>();

    /// <summary>The serializer that wrote the bytes (MessagePack; CStruct with a layout).</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    public string? Serializer { get; set; }

    /// <summary>The layout of a C structure: what New-CStruct made, its name, or C text. The bytes of several structures give an array.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CStructNameCompleter))]
    [ValidateNotNull]
    public object? Layout { get; set; }

    /// <summary>Reads JSON objects as hashtables.</summary>
    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    /// <summary>Reads objects of any class in a pickle as PSCustomObjects with the name of the class. Without it an object of a class that PSIpc does not know is an error. Nothing is imported or called.</summary>
    [Parameter]
    public SwitchParameter AllowUnknown { get; set; }

    /// <summary>Finds the serializer.</summary>
    protected override void BeginProcessing() => Try(
        () =>
        {
            _layout = Layout is null ? null : CStructArgument.Resolve(Layout);
            _serializer = IpcSerializers.Get(Serializer, _layout, new PickleOptions(AllowUnknown: AllowUnknown));
            if (_layout is null && _serializer is CStructIpcSerializer)
            {
                _serializer = null;
                throw new IpcException(IpcErrorKind.CorruptData, Messages.CStructBytesNeedLayout);
            }
        },
        Serializer);

    /// <summary>Reads an array, or collects a byte.</summary>
    protected override void ProcessRecord()
    {
        object plain = InputObject is PSObject wrapped ? wrapped.BaseObject : InputObject;
        switch (plain)
        {
            case byte[] bytes:
                Read(bytes);
                break;
            case byte single:
                _bytes.Add(single);
                break;
            case object?[] array when LanguagePrimitives.TryConvertTo(array, out byte[] bytes):
                Read(bytes);
                break;
            default:
                Try(() => throw new IpcException(IpcErrorKind.CorruptData, Messages.DataArgumentInvalid.With(plain.GetType())), plain);
                break;
        }
    }

    /// <summary>Reads what was collected.</summary>
    protected override void EndProcessing()
    {
        if (_bytes.Count > 0)
        {
            Read([.. _bytes]);
        }
    }

    private void Read(byte[] bytes)
    {
        if (_serializer is not null)
        {
            Try(() => WriteObject(Deserialize(bytes), enumerateCollection: false), bytes);
        }
    }

    private object? Deserialize(byte[] bytes) => _layout is not null ? _layout.ReadAll(bytes, isArray: false)
        : _serializer is JsonIpcSerializer ? JsonIpcSerializer.Deserialize(bytes, AsHashtable)
        : _serializer!.Deserialize(bytes);
}
