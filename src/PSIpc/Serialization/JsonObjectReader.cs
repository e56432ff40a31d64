using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Text.Json;
using PSIpc.Core;

namespace PSIpc;

/// <summary>JSON elements as PowerShell objects.</summary>
internal sealed class JsonObjectReader(bool asHashtable)
{
    private const int MostDigits = 20_000;

    /// <summary>Reads an element.</summary>
    public object? Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => ReadNumber(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Read).ToArray(),
        _ => ReadObject(element),
    };

    /// <summary>
    /// A whole number in the smallest of Int32, Int64 and BigInteger. A number with a point or an exponent is a Double where a Double has
    /// exactly these digits, else a Decimal.
    /// </summary>
    private static object ReadNumber(JsonElement element)
    {
        string text = element.GetRawText();
        if (text.AsSpan().IndexOfAny('.', 'e', 'E') < 0)
        {
            return ReadWholeNumber(element, text);
        }

        double number = element.GetDouble();
        Span<char> shortest = stackalloc char[32];
        if (number.TryFormat(shortest, out int length, "R", CultureInfo.InvariantCulture) && text.AsSpan().SequenceEqual(shortest[..length]))
        {
            return number;
        }

        bool mayBeDecimal = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal precise);
        bool isExact = !mayBeDecimal
            || (decimal.TryParse(number.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal same) && same == precise);
        return isExact ? number : precise;
    }

    private static object ReadWholeNumber(JsonElement element, string text)
    {
        if (element.TryGetInt32(out int small))
        {
            return small;
        }

        if (element.TryGetInt64(out long large))
        {
            return large;
        }

        // The time to parse grows with the square of the digits.
        return text.Length <= MostDigits
            ? BigInteger.Parse(text, CultureInfo.InvariantCulture)
            : throw new FormatException(Messages.ReasonJsonNumberTooLong.With(text.Length, MostDigits));
    }

    private object ReadObject(JsonElement element)
    {
        JsonElement.ObjectEnumerator members = element.EnumerateObject();
        if (asHashtable)
        {
            var table = new Hashtable(StringComparer.Ordinal);
            foreach (JsonProperty member in members)
            {
                table[member.Name] = Read(member.Value);
            }

            return (object?)ReferenceShape.TryOpen(table) ?? table;
        }

        var result = new PSObject();
        foreach (JsonProperty member in members)
        {
            Add(result, member.Name, Read(member.Value));
        }

        return (object?)ReferenceShape.TryOpen(result) ?? result;
    }

    private static void Add(PSObject target, string name, object? value)
    {
        if (name.Length == 0)
        {
            throw new FormatException(Messages.ReasonMemberWithoutName);
        }

        if (target.Properties[name] is not { } present)
        {
            target.Properties.Add(new PSNoteProperty(name, value));
        }
        else if (present.Name == name)
        {
            present.Value = value; // the last one counts, as in JavaScript
        }
        else
        {
            throw new FormatException(Messages.ReasonMembersDifferInCase.With(present.Name, name));
        }
    }
}
