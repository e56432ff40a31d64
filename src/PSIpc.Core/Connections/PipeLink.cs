using System.IO.Pipes;
using System.Runtime.Versioning;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Connections;

/// <summary>Messages through a named pipe of Windows, which keeps them apart by itself (its message mode).</summary>
[SupportedOSPlatform("windows")]
internal sealed class PipeLink(PipeStream pipe) : MessageLink
{
    private const int FirstSize = 64 << 10;

    private readonly CancellationTokenSource _disposing = new();
    private byte[] _buffer = new byte[FirstSize];
    private int _filled;
    private bool _hasMessage;
    private volatile bool _isEnded;
    private Task<int>? _reading;

    public override bool IsEnded => _isEnded && !_hasMessage;

    public override long Count => IsReady() && _hasMessage ? 1 : 0;

    public override bool Send(ReadOnlySpan<byte> body, Deadline deadline, CancellationToken cancellation)
    {
        // A write is a message, all of it or nothing.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _disposing.Token);
        int milliseconds = deadline.Milliseconds();
        if (milliseconds >= 0)
        {
            ending.CancelAfter(milliseconds);
        }

        try
        {
            pipe.WriteAsync(body.ToArray(), ending.Token).AsTask().GetAwaiter().GetResult();
            return true;
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return _disposing.IsCancellationRequested ? throw Closed(null) : false;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw Closed(e);
        }
    }

    public override bool Receive(ReceivedMessage message, bool peek, Deadline deadline, CancellationToken cancellation)
    {
        while (!_hasMessage)
        {
            if (_isEnded)
            {
                throw Closed(null);
            }

            Task<int> reading = Begin();
            if (!Wait(reading, deadline, cancellation))
            {
                return false;
            }

            End(reading);
        }

        _buffer.AsSpan(0, _filled).CopyTo(message.Prepare(_filled));
        if (!peek)
        {
            _hasMessage = false;
            _filled = 0;
        }

        return true;
    }

    public override bool IsReady()
    {
        while (!_hasMessage && !_isEnded && Begin() is { IsCompleted: true } reading)
        {
            End(reading);
        }

        return _hasMessage || _isEnded;
    }

    public override void WhenReadable(Action action) => Begin().ContinueWith(_ => action(), TaskScheduler.Default);

    public override async Task SendAsync(byte[] body, CancellationToken cancellation) => await pipe.WriteAsync(body, cancellation).ConfigureAwait(false);

    public override async Task<byte[]> ReceiveAsync(int longest, CancellationToken cancellation)
    {
        byte[] bytes = new byte[longest];
        int count = await pipe.ReadAsync(bytes, cancellation).ConfigureAwait(false);
        return count > 0 && pipe.IsMessageComplete
            ? bytes[..count]
            : throw new IpcException(IpcErrorKind.AuthenticationFailed, Messages.PeerNotLetInTooLongOrClosed);
    }

    public override void Dispose()
    {
        _isEnded = true;
        _disposing.Cancel();
        pipe.Dispose();
    }

    private static bool Wait(Task<int> reading, Deadline deadline, CancellationToken cancellation)
    {
        try
        {
            return reading.Wait(deadline.Milliseconds(), cancellation);
        }
        catch (AggregateException)
        {
            return true; // End says why.
        }
    }

    private Task<int> Begin()
    {
        if (_reading is null)
        {
            if (_filled == _buffer.Length)
            {
                Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, 2L * _filled));
            }

            _reading = pipe.ReadAsync(_buffer.AsMemory(_filled), _disposing.Token).AsTask();
        }

        return _reading;
    }

    private void End(Task<int> reading)
    {
        _reading = null;
        if (!reading.IsCompletedSuccessfully || (reading.Result == 0 && !pipe.IsConnected))
        {
            _isEnded = true;
            return;
        }

        _filled += reading.Result;
        _hasMessage = pipe.IsMessageComplete;
        if (!_hasMessage && _filled == Array.MaxLength)
        {
            Dispose();
            throw new IpcException(IpcErrorKind.MessageTooLarge, Messages.PeerSendsTooMuch.With(Array.MaxLength));
        }
    }

    private static IpcException Closed(Exception? cause) => new(IpcErrorKind.Closed, Messages.LinkClosed, null, cause);
}
