using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes an array of numbers, Booleans, characters or C structures that processes share, and that is the same memory in NumPy.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "SharedArray", DefaultParameterSetName = LengthSet)]
[OutputType(typeof(SharedArray))]
public sealed class NewSharedArrayCommand : IpcCmdlet
{
    private const string LengthSet = "Length";
    private const string ShapeSet = "Shape";
    private const string ObjectSet = "InputObject";
    private const string DefaultType = "Double";

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>, not beginning with <c>psipc.</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>How many elements, all 0 at first.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = LengthSet)]
    [ValidateRange(0, long.MaxValue)]
    public long Length { get; set; }

    /// <summary>Elements along each dimension, such as 3,4 for 3 rows of 4; all 0 at first.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ShapeSet)]
    [ValidateNotNullOrEmpty]
    public long[] Shape { get; set; } = [];

    /// <summary>An array or a list whose elements are copied; a .NET array of several dimensions gives its shape too.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ObjectSet)]
    [AllowEmptyCollection]
    public object InputObject { get; set; } = "";

    /// <summary>
    /// The type of the elements: a name such as Double (the default), Int32 or Byte, a .NET type, or a layout that New-CStruct made, its name, or C text. With -InputObject the
    /// type of its elements, if all have the same.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(ElementTypeCompleter))]
    [ValidateNotNull]
    public object? Type { get; set; }

    /// <summary>Keep it when the last process leaves it, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    /// <summary>Makes the array.</summary>
    protected override void ProcessRecord() => Try(
        () =>
        {
            SharedArray made = ParameterSetName switch
            {
                LengthSet => SharedArray.Create(Type ?? DefaultType, [Length], Name, Persistent),
                ShapeSet => SharedArray.Create(Type ?? DefaultType, Shape, Name, Persistent),
                _ => OfValues(),
            };
            WriteMade(made);
        },
        Name);

    private SharedArray OfValues()
    {
        object plain = InputObject is PSObject wrapped ? wrapped.BaseObject : InputObject;
        if (plain is SharedArray other)
        {
            return Filled(Type ?? other.Type, other.Shape, other);
        }

        if (plain is not Array array)
        {
            System.Collections.IEnumerable items = (plain is string ? null : LanguagePrimitives.GetEnumerable(plain))
                ?? throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ArrayInputInvalid.With(plain.GetType().Name));
            array = items.Cast<object?>().ToArray();
        }

        long[] shape = [.. Enumerable.Range(0, array.Rank).Select(array.GetLongLength)];
        return Filled(Type ?? TypeOf(array), shape, array);
    }

    private SharedArray Filled(object type, long[] shape, object values)
    {
        SharedArray made = SharedArray.Create(type, shape, Name, Persistent);
        try
        {
            made.CopyFrom(values);
            return made;
        }
        catch
        {
            made.Remove();
            made.Dispose();
            throw;
        }
    }

    /// <summary>The type of an array's elements: its own, or the one that all its objects have.</summary>
    private static object TypeOf(Array array)
    {
        Type own = array.GetType().GetElementType()!;
        if (own != typeof(object))
        {
            return own;
        }

        Type[] types = [.. array.Cast<object?>().Select(o => o is PSObject wrapped ? wrapped.BaseObject.GetType() : o?.GetType() ?? typeof(object)).Distinct().Take(2)];
        return types.Length == 1 && types[0] != typeof(string) && types[0] != typeof(PSCustomObject) ? types[0] : DefaultType;
    }
}
