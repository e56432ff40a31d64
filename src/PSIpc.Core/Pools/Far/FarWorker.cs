using System.Buffers.Binary;
using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools.Far;

/// <summary>
/// A worker of another machine, as the pool sees it: it serves the pool's link as a worker process would, and passes on what is said both ways.
/// </summary>
/// <remarks>
/// The claim word of the link stands for the far worker's own. It is moved to an item when the item is passed on, if the worker has none, else
/// when the one before it has ended: a worker runs its items one after the other. So of a worker that is never heard of again, the one
/// item that it may have been in the middle of counts as begun. If its machine can still say how it ended, the word is set back to what it had really begun.
/// Such a pool takes nothing back from a worker but items of a call that is over, since it could not know in time what has been begun.
/// </remarks>
internal sealed partial class FarWorker : IWorkerProcess
{
    private const int StackSize = 128 << 10;
    private const int KilledCode = 137;
    private const string KilledSignal = "SIGKILL";

    private readonly FarLauncher _launcher;
    private readonly FarSettings _settings;
    private readonly string _link;
    private readonly object _lock = new();
    private readonly Queue<ItemsHeader> _given = new();
    private readonly Queue<byte[]> _early = new();
    private FarLine? _line;
    private Action? _onExit;
    private WorkerDeath? _death;
    private ulong _next;
    private ulong _current;
    private uint _currentCall;
    private uint _epoch;
    private string _machine = "";
    private volatile bool _isOver;
    private volatile bool _isExitAsked;
    private volatile bool _isExitHeard;

    public FarWorker(FarLauncher launcher, string link)
    {
        _launcher = launcher;
        _settings = launcher.Settings;
        _link = link;
        new Thread(Run, StackSize) { IsBackground = true, Name = "PSIpc far worker" }.Start();
    }

    public int Id { get; private set; }

    public void OnExit(Action callback)
    {
        lock (_lock)
        {
            if (_death is null)
            {
                _onExit = callback;
                return;
            }
        }

        callback();
    }

    /// <summary>The machine is asked to kill the process, and for a while it is waited for what it says of its end: what the process had begun.</summary>
    public void Kill()
    {
        // Not here: the pool's lock is held, and mail may have to wait.
        _ = Task.Run(async () =>
        {
            if (_line is not null)
            {
                // Nor for the mail, which takes nothing while the server is away.
                _ = Task.Run(() => TrySay(FarKind.Kill));
                await Task.Delay(_settings.WelcomeTime).ConfigureAwait(false);
            }

            End(new WorkerDeath(Id, KilledCode, KilledSignal, Messages.EndedKilledBy.With(KilledSignal), ""));
        });
    }

    public WorkerDeath EndOf(int? noted) => _death!;

    public void Dispose() => _isOver = true;

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "On a thread of its own: whatever it is ends this worker, and the pool goes on.")]
    private void Run()
    {
        string mailbox = $"psipc.session.{Guid.NewGuid():N}";
        try
        {
            using WorkerLink link = WorkerLink.Open(_link, _settings.Directory);
            using PoolSegment pool = PoolSegment.Open(link.PoolName, _settings.Directory);
            using IMessageReceiver from = _launcher.Exchange.OpenReceiver(mailbox);
            using IMessageSender? to = Meet(link, mailbox, from);
            if (to is null)
            {
                link.NoteExit(0);
                End(new WorkerDeath(0, 0, null, Messages.EndedNotNeeded, ""));
                return;
            }

            var hearing = new Thread(() => Hear(link, pool), StackSize) { IsBackground = true, Name = "PSIpc far worker, hearing" };
            hearing.Start();
            new Thread(() => PassStops(link), StackSize) { IsBackground = true, Name = "PSIpc far worker, stops" }.Start();
            try
            {
                PassRequests(link);
            }
            catch (IpcException e)
            {
                End(Gone(e.Message));
            }

            link.StopEvent.WakeAll();
            hearing.Join();
            if (!_isExitHeard)
            {
                TrySay(FarKind.Kill); // Where it can be heard: what it runs is nobody's any more.
            }
        }
        catch (Exception e)
        {
            End(Gone(e.Message));
        }
        finally
        {
            TryRemove(mailbox);
        }
    }

    /// <summary>Takes a free worker and is welcomed by it: where to send what is for it; null when there is no need any more.</summary>
    private IMessageSender? Meet(WorkerLink link, string mailbox, IMessageReceiver from)
    {
        while (_launcher.TakeToken(() => _isOver || _death is not null || IsSentAway(link)) is { } token)
        {
            IMessageSender to = _launcher.Exchange.OpenSender(token.Mailbox);
            var line = new FarLine(to, from, isWorker: false, Guid.NewGuid(), _settings);
            line.Send(FarKind.Hello, [.. token.Number.ToByteArray(), .. FarToken.Text(mailbox)]);
            var deadline = Deadline.After(_settings.WelcomeTime);
            while (line.Receive(out FarKind kind, out ReadOnlyMemory<byte> payload, deadline, default))
            {
                if (kind == FarKind.Welcome && payload.Length >= sizeof(int))
                {
                    Id = BinaryPrimitives.ReadInt32LittleEndian(payload.Span);
                    _machine = token.Machine;
                    _line = line;
                    return to;
                }
            }

            to.Dispose(); // The worker of this token is gone.
        }

        return null;
    }

    /// <summary>Whether the pool has no need of this worker any more. What else it says meanwhile is kept.</summary>
    private bool IsSentAway(WorkerLink link)
    {
        var message = new ReceivedMessage();
        while (link.Receive(message, Deadline.Now))
        {
            _early.Enqueue(message.Body.ToArray());
            _isExitAsked |= (PoolRequest)message.Body.Span[0] == PoolRequest.Exit;
        }

        return _isExitAsked;
    }

    /// <summary>Passes the pool's requests on.</summary>
    private void PassRequests(WorkerLink link)
    {
        while (_early.TryDequeue(out byte[]? early))
        {
            Pass(link, early);
        }

        var message = new ReceivedMessage();
        while (_death is null)
        {
            if (_line!.Silence > _settings.Patience)
            {
                End(Gone(Messages.ReasonNothingHeard.With(_settings.Patience.TotalSeconds)));
            }
            else if (link.Receive(message, Deadline.After(_settings.PingInterval)))
            {
                Pass(link, message.Body);
            }
            else
            {
                TrySay(FarKind.Ping);
            }
        }
    }

    private void Pass(WorkerLink link, ReadOnlyMemory<byte> request)
    {
        var kind = (PoolRequest)PoolMessage.Read<byte>(request.Span);
        if (kind is PoolRequest.Items or PoolRequest.End)
        {
            ItemsHeader header = PoolMessage.Read<ItemsHeader>(request.Span);
            lock (_lock)
            {
                if (header.Epoch != link.Claim.Epoch)
                {
                    return; // Taken back before it was passed on.
                }

                TellEpoch(header.Epoch);
                _given.Enqueue(header);
                if (_current == 0)
                {
                    ClaimNext(link);
                }
            }
        }

        _isExitAsked |= kind == PoolRequest.Exit;
        byte[] payload = new byte[sizeof(int) + request.Length];
        BinaryPrimitives.WriteInt32LittleEndian(payload, request.Length);
        request.CopyTo(payload.AsMemory(sizeof(int)));
        _line!.Send(FarKind.Messages, payload);
    }

    /// <summary>Tells the worker of a new epoch before what is sent under it.</summary>
    private void TellEpoch(uint epoch)
    {
        if (epoch != _epoch)
        {
            _epoch = epoch;
            Span<byte> payload = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(payload, epoch);
            _line!.Send(FarKind.TakeBack, payload);
        }
    }

    /// <summary>Notes that the worker is at the next item that it was given, if there is one and it was not taken back. Under the lock.</summary>
    private void ClaimNext(WorkerLink link)
    {
        _current = 0;
        while (_given.TryPeek(out ItemsHeader header))
        {
            ulong ordinal = Math.Max(_next, header.FirstOrdinal);
            if (ordinal < header.FirstOrdinal + (ulong)header.Count)
            {
                link.StartedAt = Stopwatch.GetTimestamp();
                if (link.Claim.TryBegin(ordinal, header.Epoch))
                {
                    _current = ordinal;
                    _currentCall = header.Call;
                    _next = ordinal + 1;
                    return;
                }
            }

            _given.Dequeue();
        }
    }

    /// <summary>Tells the worker which calls are to be stopped.</summary>
    private void PassStops(WorkerLink link)
    {
        uint last = 0;
        Span<byte> payload = stackalloc byte[2 * sizeof(uint)];
        while (_death is null)
        {
            uint seen = link.StopEvent.Prepare();
            uint call = link.StopCall;
            if (call == last)
            {
                link.StopEvent.Sleep(seen, guarded: false, Deadline.After(_settings.PingInterval), default);
                continue;
            }

            last = call;
            BinaryPrimitives.WriteUInt32LittleEndian(payload, call);
            lock (_lock)
            {
                _epoch = link.Claim.Epoch;
                BinaryPrimitives.WriteUInt32LittleEndian(payload[sizeof(uint)..], _epoch);
                TrySay(FarKind.Stop, payload);
            }
        }
    }

    private WorkerDeath Gone(string why) => new(Id, KilledCode, null, Messages.EndedLostOnMachine.With(_machine.Length > 0 ? _machine : Messages.AnotherMachine, why.TrimEnd('.')), "");

    private void End(WorkerDeath death)
    {
        Action? callback;
        lock (_lock)
        {
            if (_death is not null)
            {
                return;
            }

            _death = death;
            callback = _onExit;
        }

        callback?.Invoke();
    }

    private void TrySay(FarKind kind, ReadOnlySpan<byte> payload = default)
    {
        try
        {
            _line?.Send(kind, payload);
        }
        catch (Exception e) when (e is IpcException or ObjectDisposedException)
        {
            // Silence will tell.
        }
    }

    private void TryRemove(string mailbox)
    {
        try
        {
            _launcher.Exchange.Remove(mailbox);
        }
        catch (IpcException)
        {
            // It goes by itself when nobody uses it.
        }
    }
}
