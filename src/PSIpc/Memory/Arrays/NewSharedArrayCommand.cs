using System.Management.Automation;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a shared array of numbers, Booleans, characters or C structures, which NumPy can map, too.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "SharedArray", DefaultParameterSetName = LengthSet)]
[OutputType(typeof(SharedArray))]
public sealed class NewSharedArrayCommand : NewObjectCmdlet<SharedArray>
{
    private const string LengthSet = "Length";
    private const string ShapeSet = "Shape";
    private const string ObjectSet = "InputObject";
    private const string DefaultType = "Double";

    private readonly List<object?> _piped = [];

    /// <summary>The number of elements, all 0 at the beginning.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = LengthSet)]
    [ValidateRange(0, long.MaxValue)]
    public long Length { get; set; }

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>, not beginning with <c>psipc.</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>The number of elements along each dimension, such as 3,4 for 3 rows of 4; all 0 at the beginning.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ShapeSet)]
    [ValidateNotNullOrEmpty]
    public long[] Shape { get; set; } = [];

    /// <summary>An array or a list whose elements are copied; a .NET array of several dimensions gives its shape, too. From the pipeline, all objects are collected into one array. Other processes see the array only with all its values.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
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

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    private protected override NamedObjects<SharedArray> Known => SharedArray.Named;

    /// <summary>Makes the array, or collects values for it.</summary>
    protected override void ProcessRecord()
    {
        if (MyInvocation.ExpectingInput && ParameterSetName == ObjectSet)
        {
            _piped.Add(InputObject);
        }
        else if (ParameterSetName == ObjectSet)
        {
            WriteOf(InputObject);
        }
        else
        {
            Write(ParameterSetName == LengthSet ? [Length] : Shape, Type ?? DefaultType, null);
        }
    }

    /// <summary>Makes the array of what the pipeline gave: one array or list, or the elements.</summary>
    protected override void EndProcessing()
    {
        if (MyInvocation.ExpectingInput && ParameterSetName == ObjectSet)
        {
            bool isWhole = _piped is [var only] && Unwrap(only) is not string and var plain && plain is SharedArray or Array or System.Collections.IList;
            WriteOf(isWhole ? _piped[0]! : _piped.ToArray());
        }
    }

    private void WriteOf(object values)
    {
        object plain = Unwrap(values)!;
        if (plain is SharedArray other)
        {
            Write(other.Shape, Type ?? other.Type, other);
            return;
        }

        Array? array = plain as Array;
        if (array is null && !Try(
            () =>
            {
                System.Collections.IEnumerable items = (plain is string ? null : LanguagePrimitives.GetEnumerable(plain))
                    ?? throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ArrayInputInvalid.With(plain.GetType().Name));
                array = items.Cast<object?>().ToArray();
            },
            Name))
        {
            return;
        }

        Write([.. Enumerable.Range(0, array!.Rank).Select(array.GetLongLength)], Type ?? TypeOf(array), array);
    }

    private void Write(long[] shape, object type, object? values) => Write(
        Name,
        () => SharedArray.Create(type, shape, values, Name, Persistent, OpenExisting),
        made =>
        [
            (nameof(Length), string.Join(" x ", shape), string.Join(" x ", made.Shape)),
            (nameof(Shape), string.Join(" x ", shape), string.Join(" x ", made.Shape)),
            (nameof(Type), made.IsOf(type) ? made.Type : type, made.Type),
            (nameof(Persistent), Persistent.IsPresent, made.IsPersistent),
        ]);

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
