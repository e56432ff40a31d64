using System.Buffers;
using System.Security.Cryptography;

namespace PSIpc.Core;

/// <summary>The names of shared objects: 1 to 100 characters of <c>A-Z a-z 0-9 . _ -</c>, case-sensitive.</summary>
public static class IpcName
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = 100;

    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Whether a text can name an object.</summary>
    /// <param name="name">The text; null is not a name.</param>
    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength } && !name.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>Returns the name, or throws when it cannot name an object.</summary>
    /// <param name="name">The text to check.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidName"/>.</exception>
    public static string Check(string? name) => IsValid(name)
        ? name!
        : throw new IpcException(
            IpcErrorKind.InvalidName,
            Messages.NameInvalid.With(name, MaxLength),
            name);

    /// <summary>Makes a short name that is very likely unused: the prefix and eight random characters (40 bits).</summary>
    /// <param name="prefix">What the name begins with.</param>
    public static string MakeUnique(string prefix) => $"{prefix}-{RandomNumberGenerator.GetString(Alphabet, 8)}";
}
