using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// A short text of an item, by which its owner recognizes it in an error or in the timeline. It is of one line and of bounded length, and it shows no secrets:
/// of an object it shows what identifies it, not its contents.
/// </summary>
internal static partial class ItemText
{
    /// <summary>The length of the longest text.</summary>
    public const int MaxLength = 60;

    private const int MaxElements = 8;

    // What identifies an object, the most telling first.
    private static readonly string[] IdentifyingNames =
        ["FullName", "Name", "ComputerName", "HostName", "Server", "Path", "Id", "Key", "Uri", "Url", "Title", "DisplayName", "UserName"];

    /// <summary>The text of an item; null for null.</summary>
    public static string? Of(object? item)
    {
        object? plain = Plain(item);
        if (plain is null)
        {
            return null;
        }

        string text = ScalarText(plain) ?? IdentityOf(item!, plain) ?? ListText(plain) ?? TypeName(item!, plain);
        return Shorten(WithoutSecrets(text));
    }

    private static object? Plain(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;

    private static string? ScalarText(object plain) => plain switch
    {
        string text => text,
        char or bool or Enum or Guid or Uri or Version => plain.ToString(),
        FileSystemInfo file => file.FullName,
        IIpcObject live => live.ShownName,
        DateTime or DateTimeOffset or TimeSpan or BigInteger => ((IFormattable)plain).ToString(null, CultureInfo.CurrentCulture),
        IConvertible number when plain.GetType().IsPrimitive || plain is decimal => number.ToString(CultureInfo.CurrentCulture),
        _ => plain is IFormattable formattable and ValueType ? formattable.ToString(null, CultureInfo.CurrentCulture) : null,
    };

    private static string? IdentityOf(object item, object plain)
    {
        foreach (string name in IdentifyingNames)
        {
            object? value = plain is IDictionary table ? ValueOf(table, name) : PSObject.AsPSObject(item).Properties[name] is { } property ? PropertyReader.ValueOf(property) : null;
            if (Plain(value) is { } found && ScalarText(found) is { Length: > 0 } text)
            {
                return text;
            }
        }

        return null;
    }

    private static object? ValueOf(IDictionary table, string name)
    {
        foreach (DictionaryEntry entry in table)
        {
            if (entry.Key is string key && key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return entry.Value;
            }
        }

        return null;
    }

    /// <summary>The elements of a list of plain values.</summary>
    private static string? ListText(object plain)
    {
        if (plain is not IList list || plain is byte[])
        {
            return null;
        }

        var texts = new List<string>();
        for (int i = 0; i < Math.Min(list.Count, MaxElements); i++)
        {
            if (Plain(list[i]) is not { } element || ScalarText(element) is not { } text)
            {
                return null;
            }

            texts.Add(text);
        }

        return texts.Count == 0 ? null : string.Join(", ", texts) + (list.Count > MaxElements ? ", …" : "");
    }

    private static string TypeName(object item, object plain) =>
        plain is PSObject or PSCustomObject
            ? ((PSObject)item).TypeNames.FirstOrDefault()?.Split('.')[^1] ?? nameof(PSCustomObject)
            : item is PSObject wrapped ? wrapped.TypeNames.FirstOrDefault()?.Split('.')[^1] ?? plain.GetType().Name : plain.GetType().Name;

    private static string WithoutSecrets(string text) => Password().Replace(AddressPassword.Hide(text), "$1***");

    private static string Shorten(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (char c in text.AsSpan().Trim())
        {
            if (line.Length == MaxLength)
            {
                // Not between the halves of a surrogate pair.
                line.Length -= char.IsHighSurrogate(line[^2]) ? 2 : 1;
                return line.Append('…').ToString();
            }

            // A line break or an escape sequence would change the view around it.
            line.Append(char.IsControl(c) ? ' ' : c);
        }

        return line.ToString();
    }

    /// <summary>A password, key or token by its name, as in connection strings, queries and command lines.</summary>
    [GeneratedRegex("""((?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|signature|\bsig|(?:api|access|account|shared|private)[-_ ]?key|authorization)\w*["']?\s*[=:]\s*|(?<!\S)--?\w*(?:pass|pwd|secret|token|key)\w*\s+)(?:"[^"]*"|'[^']*'|(?:bearer|basic)\s+\S+|[^\s;&,"']+)""", RegexOptions.IgnoreCase)]
    private static partial Regex Password();
}
