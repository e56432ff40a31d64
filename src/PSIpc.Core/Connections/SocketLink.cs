using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSIpc.Core.Channels;
using PSIpc.Core.Platforms;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Connections;

/// <summary>Messages through a Unix socket or TCP. The socket does not block: a thread waits for it by the platform, which a time or a cancellation ends.</summary>
internal sealed class SocketLink : MessageLink
{
    /// <summary>Up to here a message goes in one piece with its length before it, as Python sends it.</summary>
    private const int SmallMessage = 16 << 10;

    private const int CredentialsLevel = 1; // SOL_SOCKET
    private const int CredentialsOption = 17; // SO_PEERCRED
    private const int CredentialsSize = 12;

    private readonly Socket _socket;
    private readonly FrameBuffer _frames = new();
    private readonly byte[] _small = new byte[FrameBuffer.HeaderSize + SmallMessage];
    private readonly CancellationTokenSource _disposing = new();
    private volatile bool _isEnded;
    private volatile bool _isBroken;

    public SocketLink(Socket socket)
    {
        _socket = socket;
        if (socket.ProtocolType == ProtocolType.Tcp)
        {
            socket.NoDelay = true;
        }

        PeerProcessId = ProcessIdOf(socket);
    }

    public override int PeerProcessId { get; }

    public override bool IsEnded => _isBroken || (_isEnded && !_frames.HasMessage);

    public override long Count
    {
        get
        {
            TryPull(all: true);
            return _frames.Count;
        }
    }

    public override void BeginUse() => _socket.Blocking = false;

    public override bool Send(ReadOnlySpan<byte> body, Deadline deadline, CancellationToken cancellation)
    {
        bool hasBegun = false;
        try
        {
            if (body.Length > SmallMessage)
            {
                Span<byte> header = stackalloc byte[FrameBuffer.HeaderSize];
                FrameBuffer.WriteHeader(header, body.Length);
                return Write(header, ref hasBegun, deadline, cancellation) && Write(body, ref hasBegun, deadline, cancellation);
            }

            FrameBuffer.WriteHeader(_small, body.Length);
            body.CopyTo(_small.AsSpan(FrameBuffer.HeaderSize));
            return Write(_small.AsSpan(0, FrameBuffer.HeaderSize + body.Length), ref hasBegun, deadline, cancellation);
        }
        catch (OperationCanceledException) when (hasBegun)
        {
            // The other end has a part of the message, and would take the next one for the rest of it.
            Dispose();
            throw;
        }
        catch (ObjectDisposedException e)
        {
            throw Closed(e);
        }
    }

    public override bool Receive(ReceivedMessage message, bool peek, Deadline deadline, CancellationToken cancellation)
    {
        try
        {
            while (!_frames.HasMessage)
            {
                if (_isEnded || _isBroken)
                {
                    throw Ended();
                }

                if (!Pull() && !_isEnded && !Platform.Sockets.Wait(_socket, toWrite: false, deadline, cancellation))
                {
                    return false;
                }
            }

            _frames.Take(message, peek);
            return true;
        }
        catch (ObjectDisposedException e)
        {
            throw Closed(e);
        }
    }

    public override bool IsReady()
    {
        TryPull(all: false);
        return _frames.HasMessage || _isEnded || _isBroken;
    }

    public override void WhenReadable(Action action) => _ = WaitAsync(action);

    public override async Task SendAsync(byte[] body, CancellationToken cancellation)
    {
        byte[] framed = new byte[FrameBuffer.HeaderSize + body.Length];
        FrameBuffer.WriteHeader(framed, body.Length);
        body.CopyTo(framed, FrameBuffer.HeaderSize);
        for (int sent = 0; sent < framed.Length;)
        {
            sent += await _socket.SendAsync(framed.AsMemory(sent), cancellation).ConfigureAwait(false);
        }
    }

    public override async Task<byte[]> ReceiveAsync(int longest, CancellationToken cancellation)
    {
        byte[] header = await ReadAsync(FrameBuffer.HeaderSize, cancellation).ConfigureAwait(false);
        int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(header);
        return length >= 0 && length <= longest
            ? await ReadAsync(length, cancellation).ConfigureAwait(false)
            : throw new IpcException(IpcErrorKind.AuthenticationFailed, Messages.PeerNotLetInTooLong.With(length, longest));
    }

    public override void Dispose()
    {
        _isBroken = true;
        _disposing.Cancel();
        try
        {
            // Wakes who waits for the socket in this process.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other end was quicker, or another thread.
        }

        _socket.Dispose();
    }

    private async Task<byte[]> ReadAsync(int count, CancellationToken cancellation)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < count;)
        {
            int read = await _socket.ReceiveAsync(bytes.AsMemory(filled), cancellation).ConfigureAwait(false);
            filled += read > 0 ? read : throw new IpcException(IpcErrorKind.AuthenticationFailed, Messages.PeerClosedBeforeKnownHere);
        }

        return bytes;
    }

    private async Task WaitAsync(Action action)
    {
        try
        {
            // A read of nothing ends when there is something to read.
            await _socket.ReceiveAsync(Memory<byte>.Empty, _disposing.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Its end is something to learn of, too.
        }

        action();
    }

    private void TryPull(bool all)
    {
        try
        {
            while ((all || !_frames.HasMessage) && _frames.HasRoom && !_isEnded && !_isBroken && Pull())
            {
            }
        }
        catch (ObjectDisposedException)
        {
            // It is at its end.
        }
    }

    /// <summary>Takes what has come; false when nothing has.</summary>
    private bool Pull()
    {
        int count = _socket.Receive(_frames.Room, SocketFlags.None, out SocketError error);
        if (error is SocketError.WouldBlock or SocketError.Interrupted)
        {
            return error == SocketError.Interrupted;
        }

        if (error != SocketError.Success || count == 0)
        {
            _isEnded = true;
            return false;
        }

        try
        {
            _frames.Filled(count);
        }
        catch (IpcException)
        {
            Dispose();
            throw;
        }

        return true;
    }

    private bool Write(ReadOnlySpan<byte> bytes, ref bool hasBegun, Deadline deadline, CancellationToken cancellation)
    {
        while (bytes.Length > 0)
        {
            int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
            {
                hasBegun |= sent > 0;
                bytes = bytes[sent..];
            }
            else if (error is not (SocketError.WouldBlock or SocketError.Interrupted))
            {
                throw Closed(new SocketException((int)error));
            }
            else if (!Platform.Sockets.Wait(_socket, toWrite: true, deadline, cancellation))
            {
                if (!hasBegun)
                {
                    return false;
                }

                Dispose();
                throw new IpcException(IpcErrorKind.Timeout, Messages.MessageSentInPart);
            }
        }

        return true;
    }

    private IpcException Ended() => _frames.IsInMiddle && !_isBroken
        ? new IpcException(IpcErrorKind.PeerGone, Messages.PeerGoneInMessage)
        : Closed(null);

    private static IpcException Closed(Exception? cause) => new(IpcErrorKind.Closed, Messages.LinkClosed, null, cause);

    private static int ProcessIdOf(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.AddressFamily != AddressFamily.Unix)
        {
            return 0;
        }

        Span<byte> credentials = stackalloc byte[CredentialsSize];
        return socket.GetRawSocketOption(CredentialsLevel, CredentialsOption, credentials) == CredentialsSize ? MemoryMarshal.Read<int>(credentials) : 0;
    }
}
