using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace PSIpc.Core.Connections;

/// <summary>
/// How both ends prove that they know a key without sending it (CPython's <c>Lib/multiprocessing/connection.py</c>, <c>deliver_challenge</c> and
/// <c>answer_challenge</c>): one sends random bytes, the other answers with an HMAC of them. Python 3.11 and older know MD5 only; 3.12 and later name the digest
/// before the bytes, <c>{sha256}</c>, and still take the answer of an older one. So do both roles here.
/// </summary>
internal static class Handshake
{
    /// <summary>The longest message before both ends know each other.</summary>
    public const int LongestMessage = 256;

    private const int RandomBytes = 40;
    private const int LegacyChallenge = 20;
    private const int LegacyAnswer = 16;
    private const string Preferred = "sha256";
    private const string Legacy = "md5";

    /// <summary>What a challenge begins with.</summary>
    public static ReadOnlySpan<byte> ChallengeMark => "#CHALLENGE#"u8;

    private static ReadOnlySpan<byte> Welcome => "#WELCOME#"u8;

    private static ReadOnlySpan<byte> Failure => "#FAILURE#"u8;

    /// <summary>The listener's part: ask, then answer.</summary>
    public static async Task ListenAsync(MessageLink link, byte[] key, CancellationToken cancellation)
    {
        await DeliverAsync(link, key, cancellation).ConfigureAwait(false);
        await AnswerAsync(link, key, cancellation).ConfigureAwait(false);
    }

    /// <summary>The client's part: answer, then ask.</summary>
    public static async Task ConnectAsync(MessageLink link, byte[] key, CancellationToken cancellation)
    {
        await AnswerAsync(link, key, cancellation).ConfigureAwait(false);
        await DeliverAsync(link, key, cancellation).ConfigureAwait(false);
    }

    private static async Task DeliverAsync(MessageLink link, byte[] key, CancellationToken cancellation)
    {
        // An older peer takes all of it for random bytes.
        byte[] message = [.. Encoding.ASCII.GetBytes($"{{{Preferred}}}"), .. RandomNumberGenerator.GetBytes(RandomBytes)];
        await link.SendAsync([.. ChallengeMark, .. message], cancellation).ConfigureAwait(false);
        byte[] answer = await link.ReceiveAsync(LongestMessage, cancellation).ConfigureAwait(false);
        if (!IsRight(key, message, answer))
        {
            await link.SendAsync(Failure.ToArray(), cancellation).ConfigureAwait(false);
            throw Failed(Messages.ReasonWrongAnswer);
        }

        await link.SendAsync(Welcome.ToArray(), cancellation).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(MessageLink link, byte[] key, CancellationToken cancellation)
    {
        byte[] challenge = await link.ReceiveAsync(LongestMessage, cancellation).ConfigureAwait(false);
        if (!challenge.AsSpan().StartsWith(ChallengeMark))
        {
            throw Failed(Messages.ReasonNoChallenge);
        }

        byte[] message = challenge[ChallengeMark.Length..];
        if (message.Length < LegacyChallenge)
        {
            throw Failed(Messages.ReasonShortChallenge.With(message.Length, LegacyChallenge));
        }

        byte[] answer = message.Length == LegacyChallenge
            ? Compute(Legacy, key, message)
            : DigestOf(message, out _) is { } digest
                ? [.. Encoding.ASCII.GetBytes($"{{{digest}}}"), .. Compute(digest, key, message)]
                : throw Failed(Messages.ReasonUnknownDigest);
        await link.SendAsync(answer, cancellation).ConfigureAwait(false);
        byte[] verdict = await link.ReceiveAsync(LongestMessage, cancellation).ConfigureAwait(false);
        if (!verdict.AsSpan().SequenceEqual(Welcome))
        {
            throw Failed(Messages.ReasonAnswerRejected);
        }
    }

    private static bool IsRight(byte[] key, byte[] message, byte[] answer)
    {
        // An answer without a name is MD5's. The name is a part of what is hashed, so it cannot be taken away from a challenge on its way.
        ReadOnlySpan<byte> given = answer;
        string? digest = answer.Length == LegacyAnswer ? Legacy : DigestOf(answer, out given);
        return digest is not null && CryptographicOperations.FixedTimeEquals(Compute(digest, key, message), given);
    }

    /// <summary>The digest whose name in braces a message begins with; null when none that is known does.</summary>
    private static string? DigestOf(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> rest)
    {
        rest = message;
        foreach (string digest in (ReadOnlySpan<string>)[Preferred, "sha384", "sha3_256", "sha3_384", Legacy])
        {
            if (message.Length > digest.Length + 2 && message[0] == '{' && message[digest.Length + 1] == '}'
                && message.Slice(1, digest.Length).SequenceEqual(Encoding.ASCII.GetBytes(digest)) && IsSupported(digest))
            {
                rest = message[(digest.Length + 2)..];
                return digest;
            }
        }

        return null;
    }

    private static bool IsSupported(string digest) => digest switch
    {
        "sha3_256" => HMACSHA3_256.IsSupported,
        "sha3_384" => HMACSHA3_384.IsSupported,
        _ => true,
    };

    [SuppressMessage("Security", "CA5351", Justification = "HMAC with MD5 is all that Python 3.11 and older know. It is used with them only, and as an HMAC it is not broken.")]
    private static byte[] Compute(string digest, byte[] key, byte[] message) => digest switch
    {
        Preferred => HMACSHA256.HashData(key, message),
        "sha384" => HMACSHA384.HashData(key, message),
        "sha3_256" => HMACSHA3_256.HashData(key, message),
        "sha3_384" => HMACSHA3_384.HashData(key, message),
        _ => HMACMD5.HashData(key, message),
    };

    private static IpcException Failed(string why) => new(IpcErrorKind.AuthenticationFailed, Messages.PeerNotLetIn.With(why));
}
