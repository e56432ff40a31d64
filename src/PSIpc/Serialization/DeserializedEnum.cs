using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Management.Automation;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>A value of an enum that the receiver does not have: it equals its name, its number, and the same value of the same enum.</summary>
/// <remarks>Its properties are hidden, so that PowerShell shows it by its name, as it shows enums.</remarks>
[SuppressMessage("Design", "CA1036", Justification = "PowerShell compares by CompareTo; operators would change what == means for references in C#.")]
public sealed class DeserializedEnum : IComparable
{
    private readonly object _number;

    internal DeserializedEnum(string typeName, string text, object number)
    {
        TypeName = typeName;
        Value = text;
        _number = number;
    }

    /// <summary>The name of the enum's type.</summary>
    [Hidden]
    public string TypeName { get; }

    /// <summary>The name of the value; of flags, all of them.</summary>
    [Hidden]
    public string Value { get; }

    /// <summary>The same as <see cref="Value"/>.</summary>
    [Hidden]
    public string Text => Value;

    /// <summary>The number, of the enum's underlying type.</summary>
    [Hidden]
    [SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "The name that each enum has for it.")]
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name that each enum has for it.")]
    public object value__ => _number;

    private long Number => _number is ulong large ? unchecked((long)large) : Convert.ToInt64(_number, CultureInfo.InvariantCulture);

    /// <summary>The number.</summary>
    public static explicit operator int(DeserializedEnum value) => checked((int)ToInt64(value));

    /// <summary>The number.</summary>
    public static explicit operator long(DeserializedEnum value) => ToInt64(value);

    /// <summary>A number, to be compared with: PowerShell converts what stands at the right of -gt.</summary>
    public static implicit operator DeserializedEnum(int number) => FromInt64(number);

    /// <summary>A number, to be compared with: PowerShell converts what stands at the right of -gt.</summary>
    public static implicit operator DeserializedEnum(long number) => FromInt64(number);

    /// <summary>Adds a number.</summary>
    public static object operator +(DeserializedEnum left, object right) => left.Of(left.Number + NumberOf(right));

    /// <summary>Subtracts a number.</summary>
    public static object operator -(DeserializedEnum left, object right) => left.Of(left.Number - NumberOf(right));

    /// <summary>The bits that both have.</summary>
    public static object operator &(DeserializedEnum left, object right) => left.Of(left.Number & NumberOf(right));

    /// <summary>The bits that one of them has.</summary>
    public static object operator |(DeserializedEnum left, object right) => left.Of(left.Number | NumberOf(right));

    /// <summary>The number.</summary>
    /// <param name="value">The value.</param>
    public static long ToInt64(DeserializedEnum value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Number;
    }

    /// <summary>A number of no enum.</summary>
    /// <param name="number">The number.</param>
    public static DeserializedEnum FromInt64(long number) => new("", number.ToString(CultureInfo.InvariantCulture), number);

    /// <summary>Whether all flags of a number are set.</summary>
    /// <param name="flag">The flags: a number, or a value of such an enum.</param>
    public bool HasFlag(object flag) => NumberOf(flag) is var bits && (Number & bits) == bits;

    /// <summary>Whether something is the name, the number or the same value.</summary>
    /// <param name="obj">Text (its case is ignored), a number, or an enum.</param>
    public override bool Equals(object? obj) => Unwrap(obj) switch
    {
        string text => string.Equals(text, Value, StringComparison.OrdinalIgnoreCase),
        DeserializedEnum other => other.TypeName == TypeName && other.Number == Number,
        Enum named => named.GetType().FullName == TypeName && NumberOf(named) == Number,
        sbyte or byte or short or ushort or int or uint or long or ulong => NumberOf(obj!) == Number,
        _ => false,
    };

    /// <inheritdoc/>
    public override int GetHashCode() => Number.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj is null ? 1 : Number.CompareTo(NumberOf(obj));

    /// <summary>The name of the value.</summary>
    public override string ToString() => Value;

    private static long NumberOf(object value) => Unwrap(value) switch
    {
        DeserializedEnum other => other.Number,
        Enum named => Convert.ToInt64(named, CultureInfo.InvariantCulture),
        var other => LanguagePrimitives.ConvertTo<long>(other),
    };

    private object Of(long number) => Convert.ChangeType(number, _number.GetType(), CultureInfo.InvariantCulture);
}
