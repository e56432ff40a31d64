using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing arrays of any process, and memory that NumPy or another program made, as an array.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "SharedArray", DefaultParameterSetName = NameSet)]
[OutputType(typeof(SharedArray))]
public sealed class GetSharedArrayCommand : NamedObjectCmdlet<SharedArray>
{
    private const string NameSet = "Name";
    private const string ForeignSet = "Foreign";

    /// <summary>The names, with wildcards; by default all arrays. A plain name that does not exist is an error. With -Type and -Shape, names that another program gave.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ArrayNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    /// <summary>Maps the memory read-only: an attempt to write it is an error.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>The type of the elements of memory that another program made; see New-SharedArray.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ForeignSet)]
    [ArgumentCompleter(typeof(ElementTypeCompleter))]
    [ValidateNotNull]
    public object? Type { get; set; }

    /// <summary>The number of elements along each dimension of memory that another program made.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ForeignSet)]
    [ValidateNotNullOrEmpty]
    public long[] Shape { get; set; } = [];

    /// <summary>The offset of the first element in memory that another program made, in bytes (0).</summary>
    [Parameter(ParameterSetName = ForeignSet)]
    [ValidateRange(0, long.MaxValue)]
    public long Offset { get; set; }

    private protected override NamedObjects<SharedArray> Known => SharedArray.Named;

    /// <summary>Opens the arrays.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout, Open);

    private SharedArray Open(string name)
    {
        if (ParameterSetName == NameSet)
        {
            return ReadOnly ? SharedArray.Open(name, readOnly: true) : Known.ByName(name);
        }

        if (!Known.Exists(name))
        {
            return SharedArray.OpenForeign(name, Type!, Shape, Offset, ReadOnly);
        }

        SharedArray own = SharedArray.Open(name, ReadOnly);
        (Core.Memory.ElementType element, CStruct? layout) = ElementTypeArgument.Resolve(Type!);
        bool isSame = own.Shape.SequenceEqual(Shape) && (layout is null ? element.Equals(own.Type) : own.Type is CStruct mine && mine.Size == layout.Size);
        if (isSame && (Offset == 0 || Offset == own.DataOffset))
        {
            return own;
        }

        own.Dispose();
        throw new IpcException(
            IpcErrorKind.InvalidArgument, Messages.ArrayKnowsItsShape.With(name, own.Type, string.Join(" x ", own.Shape)), name);
    }
}
