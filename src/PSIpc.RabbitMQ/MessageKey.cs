using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace PSIpc.RabbitMQ;

/// <summary>What tells a message from all others, however often it is sent or delivered. As text: the sender (16 hexadecimal digits), its process id, the message's number.</summary>
/// <param name="Sender">A random number of each sender.</param>
/// <param name="Process">The process id of the sender.</param>
/// <param name="Number">The number of the message among those of its sender, from 1.</param>
internal readonly record struct MessageKey(ulong Sender, int Process, long Number)
{
    /// <summary>A number for a new sender.</summary>
    public static ulong NewSender() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <summary>Reads one; false for what another program gave its message as an id.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MessageKey key)
    {
        key = default;
        string[] parts = text?.Split('.') ?? [];
        if (parts.Length != 3
            || !ulong.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong sender)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int process)
            || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out long number))
        {
            return false;
        }

        key = new MessageKey(sender, process, number);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sender:x16}.{Process}.{Number}");
}
