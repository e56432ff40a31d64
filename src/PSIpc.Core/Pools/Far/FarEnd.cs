using System.Text.Json;

namespace PSIpc.Core.Pools.Far;

/// <summary>How a far worker's process ended, as its machine saw it.</summary>
/// <param name="Begun">The ordinal of the last item that it began.</param>
/// <param name="Noted">The exit code that it noted itself; null if it did not, but died.</param>
/// <param name="Death">What else is known.</param>
internal sealed record FarEnd(ulong Begun, int? Noted, WorkerDeath Death)
{
    /// <summary>Its bytes.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this);

    /// <summary>Reads it.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    public static FarEnd Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize<FarEnd>(bytes) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.FarEndUnreadable, null, e);
        }
    }
}
