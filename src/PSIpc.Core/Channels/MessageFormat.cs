using System.Text;

namespace PSIpc.Core.Channels;

/// <summary>How the bytes of messages are written: the number that each message carries, and a name where the number alone does not say.</summary>
/// <param name="Number">The number.</param>
/// <param name="Name">The name, 1 to 60 ASCII characters; null for none.</param>
public readonly record struct MessageFormat(byte Number, string? Name = null)
{
    /// <summary>The longest name.</summary>
    public const int LongestName = 60;

    /// <summary>Reads one; a length beyond the most is taken for no name.</summary>
    internal static unsafe MessageFormat Read(byte number, byte* name) =>
        new(number, name[0] is > 0 and <= LongestName ? Encoding.ASCII.GetString(name + 1, name[0]) : null);

    /// <summary>Writes the name.</summary>
    internal unsafe void WriteName(byte* target)
    {
        if (Name is null)
        {
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(Name.Length, LongestName, nameof(Name));
        target[0] = (byte)Name.Length;
        Encoding.ASCII.GetBytes(Name, new Span<byte>(target + 1, LongestName));
    }
}
