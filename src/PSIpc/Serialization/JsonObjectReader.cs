using System.Collections;
using System.Management.Automation;
using System.Numerics;
using System.Text.Json;

namespace PSIpc;

/// <summary>JSON elements as PowerShell objects.</summary>
internal sealed class JsonObjectReader(bool asHashtable)
{
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

    /// <summary>A whole number in the smallest of Int32, Int64 and BigInteger; a fraction as Double where that is exact, else Decimal.</summary>
    private static object ReadNumber(JsonElement element)
    {
        string text = element.GetRawText();
        if (element.TryGetInt32(out int small))
        {
            return small;
        }

        if (element.TryGetInt64(out long large))
        {
            return large;
        }

        if (text.AsSpan().IndexOfAny('.', 'e', 'E') < 0)
        {
            return BigInteger.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        }

        double number = element.GetDouble();
        bool exact = text.Length <= 17 || text.AsSpan().IndexOfAny('e', 'E') >= 0;
        return !exact && element.TryGetDecimal(out decimal precise) ? precise : number;
    }

    private object ReadObject(JsonElement element)
    {
        JsonElement.ObjectEnumerator members = element.EnumerateObject();
        if (element.TryGetProperty(IpcReferenceText.Property, out JsonElement reference) && reference.ValueKind == JsonValueKind.String && members.Count() == 1)
        {
            return IpcReferenceText.Open(reference.GetString()!);
        }

        if (asHashtable)
        {
            var table = new Hashtable(StringComparer.Ordinal);
            foreach (JsonProperty member in members)
            {
                table[member.Name] = Read(member.Value);
            }

            return table;
        }

        var result = new PSObject();
        foreach (JsonProperty member in members)
        {
            if (member.Name.Length == 0)
            {
                throw new Core.IpcException(Core.IpcErrorKind.CorruptData, "A JSON object has a member without a name, which a PSCustomObject cannot have. Use -AsHashtable.");
            }

            if (result.Properties[member.Name] is { } duplicate)
            {
                duplicate.Value = Read(member.Value); // the last one counts, as in JavaScript
            }
            else
            {
                result.Properties.Add(new PSNoteProperty(member.Name, Read(member.Value)));
            }
        }

        return result;
    }
}
