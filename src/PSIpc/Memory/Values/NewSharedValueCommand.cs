using System.Globalization;
using System.Management.Automation;
using PSIpc.Core.Memory;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a shared value: a number, a Boolean, a character, a text or a C structure, read and written atomically.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "SharedValue")]
[OutputType(typeof(SharedValue))]
public sealed class NewSharedValueCommand : NewObjectCmdlet<SharedValue>
{
    private const string DefaultType = "Int64";

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>The initial value; by default 0, or an empty text. PowerShell passes <c>-1</c> to a cmdlet as text: without <c>-Type</c> it is taken as a number.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true)]
    [Alias("InitialValue")]
    [AllowNull]
    public object? Value { get; set; }

    /// <summary>Its type: a name such as Int64, Double or String, a .NET type, or a layout that New-CStruct made. By default that of the value, or Int64.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ElementTypeCompleter))]
    [ValidateNotNull]
    public object? Type { get; set; }

    /// <summary>The maximum length of a text, in bytes of UTF-8 (1 KB).</summary>
    [Parameter]
    [ValidateRange(1, SharedCell.LongestValue)]
    public int Capacity { get; set; } = 1024;

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    private protected override NamedObjects<SharedValue> Known => SharedValue.Named;

    /// <summary>Makes the value.</summary>
    protected override void ProcessRecord()
    {
        object? plain = Value is PSObject wrapped ? wrapped.BaseObject : Value;
        object? value = Type is null && plain is string text ? NegativeNumber(text) ?? plain : plain;
        object type = Type ?? value?.GetType() ?? (object)DefaultType;
        Write(
            Name,
            () => SharedValue.Create(type, value is PSCustomObject ? Value : value, Name, Capacity, Persistent, OpenExisting),
            made => [(nameof(Type), SharedValue.TypeName(type), made.Type), (nameof(Capacity), Capacity, made.Capacity), (nameof(Persistent), Persistent.IsPresent, made.IsPersistent)]);
    }

    /// <summary>The number of a text such as -1, of the type that PowerShell gives it elsewhere; null for any other text.</summary>
    private static object? NegativeNumber(string text)
    {
        if (text.Length < 2 || text[0] != '-' || !(char.IsAsciiDigit(text[1]) || text[1] == '.'))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int small) ? small
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long large) ? large
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? real
            : null;
    }
}
