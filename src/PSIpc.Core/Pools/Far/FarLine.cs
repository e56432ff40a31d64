using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools.Far;

/// <summary>One end of what a pool and a far worker say to each other during a session: in order, each once, signed.</summary>
/// <remarks>
/// A mailbox may bring what was sent twice, and, when a connection was lost, behind what was sent later: its number tells. What is too early is kept until its turn.
/// A number that stays missing ends the session, for nothing that follows could be understood.
/// </remarks>
internal sealed class FarLine(IMessageSender to, IMessageReceiver from, bool isWorker, Guid session, FarSettings settings)
{
    private const int MostEarly = 1 << 14;
    private static readonly TimeSpan GapTime = TimeSpan.FromSeconds(30);

    private readonly object _sending = new();
    private readonly Dictionary<ulong, (FarKind Kind, byte[] Payload)> _early = [];
    private long _gapSince;
    private readonly ReceivedMessage _message = new();
    private ulong _sent;
    private ulong _heard;
    private long _heardAt = Stopwatch.GetTimestamp();
    private long _saidAt = Stopwatch.GetTimestamp();

    /// <summary>How long nothing has been heard of the other end.</summary>
    public TimeSpan Silence => Stopwatch.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>How long this end has said nothing.</summary>
    public TimeSpan OwnSilence => Stopwatch.GetElapsedTime(Volatile.Read(ref _saidAt));

    /// <summary>Says something; any thread. A mailbox that takes nothing for so long that the other end gives up is waited for no longer.</summary>
    /// <exception cref="IpcException">The mailbox takes nothing any more.</exception>
    public void Send(FarKind kind, ReadOnlySpan<byte> payload = default)
    {
        lock (_sending)
        {
            Volatile.Write(ref _saidAt, Stopwatch.GetTimestamp());
            if (!to.Send(FarFrame.Write(kind, !isWorker, session, ++_sent, payload, settings.Key), default, Deadline.After(settings.Patience)))
            {
                throw new IpcException(IpcErrorKind.Timeout, Messages.MailboxTakesNothing.With(settings.Patience.TotalSeconds));
            }
        }
    }

    /// <summary>Hears the next thing, waiting for it; false when there was none in time. What it brings is valid until the next. One thread.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/> when something is missing.</exception>
    public bool Receive(out FarKind kind, out ReadOnlyMemory<byte> payload, Deadline deadline, CancellationToken cancellation)
    {
        while (!TryTakeEarly(out kind, out payload))
        {
            if (_early.Count > 0 && (_early.Count > MostEarly || Stopwatch.GetElapsedTime(_gapSince) > GapTime))
            {
                throw new IpcException(IpcErrorKind.CorruptData, Messages.FarFrameMissing.With(_heard + 1));
            }

            if (!from.Receive(_message, deadline, cancellation))
            {
                return false;
            }

            if (!FarFrame.TryRead(_message.Body, isWorker, settings.Key, out kind, out Guid of, out ulong number, out payload) || of != session || number <= _heard)
            {
                continue; // somebody else's, or a double
            }

            Volatile.Write(ref _heardAt, Stopwatch.GetTimestamp());
            if (number == _heard + 1)
            {
                _heard = number;
                return true;
            }

            _gapSince = _early.Count == 0 ? Stopwatch.GetTimestamp() : _gapSince;
            _early[number] = (kind, payload.ToArray());
        }

        return true;
    }

    /// <summary>Says that this end listens to what follows the opening of the session, which it has heard.</summary>
    public void NoteOpening() => _heard = 1;

    /// <summary>Takes what came before its turn, when it is.</summary>
    private bool TryTakeEarly(out FarKind kind, out ReadOnlyMemory<byte> payload)
    {
        if (_early.Remove(_heard + 1, out (FarKind Kind, byte[] Payload) next))
        {
            _heard++;
            _gapSince = Stopwatch.GetTimestamp();
            (kind, payload) = next;
            return true;
        }

        kind = default;
        payload = default;
        return false;
    }

    /// <summary>Says that this end does not listen now, for want of room for what it heard: that nothing is heard is no silence.</summary>
    public void NoteBusy() => Volatile.Write(ref _heardAt, Stopwatch.GetTimestamp());
}
