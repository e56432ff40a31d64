using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace PSIpc.Core;

/// <summary>Keeps the passwords of addresses (<c>amqp://user:password@host</c>) out of all that is shown.</summary>
internal static partial class AddressPassword
{
    /// <summary>A text with three asterisks in the place of each password.</summary>
    /// <param name="text">The text.</param>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Hide(string? text) => text is null || !text.Contains("://", StringComparison.Ordinal) ? text : UserInfo().Replace(text, "$1***@");

    // Up to the last @ before the path: a password may have one that is not escaped.
    [GeneratedRegex(@"(://[^\s/:@]*:)[^\s/]+@")]
    private static partial Regex UserInfo();
}
