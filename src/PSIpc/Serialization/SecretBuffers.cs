using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PSIpc;

/// <summary>Tells whoever had a message read by this thread that there was a secret in it, so that its bytes can be cleared.</summary>
internal static class SecretBuffers
{
    [ThreadStatic]
    private static bool _wasRead;

    /// <summary>A secret was read.</summary>
    public static void NoteRead() => _wasRead = true;

    /// <summary>Forgets what was read before.</summary>
    public static void Begin() => _wasRead = false;

    /// <summary>Overwrites the bytes of a message that was read since <see cref="Begin"/>, if a secret was in it.</summary>
    /// <param name="message">Bytes that nobody reads again.</param>
    public static void ClearIfRead(ReadOnlyMemory<byte> message)
    {
        if (_wasRead)
        {
            _wasRead = false;
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(message).Span);
        }
    }
}
