using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools.Far;

/// <summary>Gives a pool workers of other machines, as those say that they are free.</summary>
/// <remarks>
/// A worker that is free puts a token into the pool's mailbox. Each token is received once, so no two pools take the same worker. One whose worker is gone
/// meanwhile is not answered, and the next is taken.
/// </remarks>
internal sealed class FarLauncher(IMailExchange exchange, FarSettings settings) : IWorkerLauncher, IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly object _taking = new();
    private readonly ReceivedMessage _message = new();
    private IMessageReceiver? _tokens;
    private bool _isDisposed;

    /// <summary>How both ends do it.</summary>
    public FarSettings Settings => settings;

    /// <summary>Where mailboxes are.</summary>
    public IMailExchange Exchange => exchange;

    public IWorkerProcess Start(string link, Guid id) => new FarWorker(this, link);

    /// <summary>Takes the next free worker, waiting for one; null when the wait was ended.</summary>
    public FarToken? TakeToken(Func<bool> isEnded)
    {
        while (!isEnded())
        {
            lock (_taking)
            {
                if (_isDisposed || isEnded())
                {
                    return null;
                }

                try
                {
                    _tokens ??= exchange.OpenReceiver(settings.TokenMailbox);
                    if (_tokens.Receive(_message, Deadline.After(LookInterval)) && FarToken.Read(_message.Body, settings) is { } token)
                    {
                        return token;
                    }
                }
                catch (IpcException e) when (e.Kind == IpcErrorKind.Closed && _tokens is { } gone)
                {
                    // The mailbox went when nobody had used it for long. Where it is the connection that is gone, opening it fails.
                    gone.Dispose();
                    _tokens = null;
                }
            }
        }

        return null;
    }

    public void Dispose()
    {
        lock (_taking)
        {
            _isDisposed = true;
            _tokens?.Dispose();
        }
    }
}

/// <summary>What a free worker says of itself.</summary>
/// <param name="Number">Its number, used once.</param>
/// <param name="Mailbox">Where to say hello.</param>
/// <param name="Machine">The name of its machine, for people.</param>
internal sealed record FarToken(Guid Number, string Mailbox, string Machine)
{
    private const int NumberSize = 16;

    /// <summary>Its frame.</summary>
    public byte[] ToFrame(FarSettings settings) =>
        FarFrame.Write(FarKind.Token, isToWorker: false, Guid.Empty, 1, [.. Number.ToByteArray(), .. Text($"{Mailbox}\n{Machine}\n{settings.Pool}")], settings.Key);

    /// <summary>Reads a token; null for what is none of this pool.</summary>
    public static FarToken? Read(ReadOnlyMemory<byte> frame, FarSettings settings)
    {
        if (!FarFrame.TryRead(frame, isToWorker: false, settings.Key, out FarKind kind, out _, out _, out ReadOnlyMemory<byte> payload)
            || kind != FarKind.Token || payload.Length < NumberSize)
        {
            return null;
        }

        string[] parts = Text(payload.Span[NumberSize..]).Split('\n');
        return parts is [var mailbox, var machine, var pool] && pool == settings.Pool
            ? new FarToken(new Guid(payload.Span[..NumberSize]), mailbox, machine)
            : null;
    }

    internal static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    internal static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}
