using System.Buffers.Binary;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools.Far;

/// <summary>
/// A worker process of this machine for pools of others: kept warm, offered by a token, and served to whichever pool takes it, until that lets it go;
/// then there is a new one.
/// </summary>
/// <remarks>To its process it is a pool: it has a link with it as any pool has, gives it what the far pool says, and sends back what it says.</remarks>
/// <param name="exchange">Where mailboxes are.</param>
/// <param name="settings">How both ends do it.</param>
/// <param name="launcher">Starts worker processes.</param>
/// <param name="greeting">What each is told before it has a pool; nothing if empty.</param>
internal sealed class FarHost(IMailExchange exchange, FarSettings settings, IWorkerLauncher launcher, ReadOnlyMemory<byte> greeting = default)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan RemoveTime = TimeSpan.FromSeconds(5);

    private readonly string _mailbox = $"psipc.worker.{Guid.NewGuid():N}";

    private IMessageSender? _tokens;
    private volatile LocalWorker? _worker;

    /// <summary>Sessions that have ended.</summary>
    public int Sessions { get; private set; }

    /// <summary>Whether a pool has the worker.</summary>
    public bool IsTaken { get; private set; }

    /// <summary>Kills the worker's process: what it is running is lost.</summary>
    public void Kill() => _worker?.Process.Kill();

    /// <summary>Serves pools until it is cancelled, then until what the worker has is done.</summary>
    public void Run(CancellationToken leaving)
    {
        using IMessageReceiver from = exchange.OpenReceiver(_mailbox);
        try
        {
            while (!leaving.IsCancellationRequested)
            {
                using var worker = new LocalWorker(settings, launcher, greeting.Span);
                _worker = worker;
                var number = Guid.NewGuid();
                Offer(number, leaving);
                if (WaitForHello(from, number, worker, leaving) is not { } hello)
                {
                    continue; // Its process has ended, or it is not needed any more.
                }

                IsTaken = true;
                using IMessageSender to = exchange.OpenSender(hello.Mailbox);
                new FarSession(worker, new FarLine(to, from, isWorker: true, hello.Session, settings), settings).Run(leaving);
                IsTaken = false;
                Sessions++;
            }
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            // Nobody took the token.
        }
        finally
        {
            _tokens?.Dispose();
            TryRemove();
        }
    }

    private void TryRemove()
    {
        try
        {
            Task.Run(() => exchange.Remove(_mailbox)).Wait(RemoveTime);
        }
        catch (AggregateException)
        {
            // It goes by itself when nobody uses it.
        }
    }

    /// <summary>Says that the worker is free, in a mailbox that may have gone meanwhile.</summary>
    private void Offer(Guid number, CancellationToken leaving)
    {
        while (true)
        {
            try
            {
                _tokens ??= exchange.OpenSender(settings.TokenMailbox);
                _tokens.Send(new FarToken(number, _mailbox, Environment.MachineName).ToFrame(settings), default, Deadline.Never, leaving);
                return;
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.Closed && _tokens is { } gone)
            {
                gone.Dispose();
                _tokens = null;
                leaving.ThrowIfCancellationRequested();
                exchange.Count(settings.TokenMailbox, leaving); // Fails where it is not the mailbox that is gone.
            }
        }
    }

    private (Guid Session, string Mailbox)? WaitForHello(IMessageReceiver from, Guid number, LocalWorker worker, CancellationToken leaving)
    {
        // A token gets lost when the pool that took it dies, or all that nobody has used go; and so it is offered again when none is there for long.
        var message = new ReceivedMessage();
        var look = Deadline.After(settings.OfferInterval);
        bool wasMissing = false;
        while (!leaving.IsCancellationRequested && !worker.HasExited)
        {
            if (look.IsOver)
            {
                bool isMissing = exchange.Count(settings.TokenMailbox, leaving) == 0;
                if (isMissing && wasMissing)
                {
                    Offer(number, leaving);
                }

                wasMissing = isMissing && !wasMissing;
                look = Deadline.After(settings.OfferInterval);
            }

            if (from.Receive(message, Deadline.After(LookInterval), leaving)
                && FarFrame.TryRead(message.Body, isToWorker: true, settings.Key, out FarKind kind, out Guid session, out _, out ReadOnlyMemory<byte> payload)
                && kind == FarKind.Hello
                && payload.Length > 16
                && new Guid(payload.Span[..16]) == number)
            {
                return (session, FarToken.Text(payload.Span[16..]));
            }
        }

        return null;
    }
}

/// <summary>A worker process of this machine and the link with it.</summary>
internal sealed class LocalWorker : IDisposable
{
    private volatile bool _hasExited;

    public LocalWorker(FarSettings settings, IWorkerLauncher launcher, ReadOnlySpan<byte> greeting)
    {
        Doorbell = PoolSegment.Create(IpcName.MakeUnique("far"), settings.Directory);
        Link = WorkerLink.Create(Doorbell);
        if (!greeting.IsEmpty)
        {
            byte[] message = new byte[PoolMessage.ShortHeaderSize + greeting.Length];
            PoolMessage.WriteShort(message, (byte)PoolRequest.Open, PoolMessage.Greeting);
            greeting.CopyTo(message.AsSpan(PoolMessage.ShortHeaderSize));
            Link.TryGive(message);
        }
        try
        {
            Process = launcher.Start(Link.Name, Link.Id);
        }
        catch
        {
            Link.Dispose();
            Doorbell.Dispose();
            throw;
        }

        Process.OnExit(() => ThreadPool.UnsafeQueueUserWorkItem(
            static worker =>
            {
                worker._hasExited = true;
                worker.Doorbell.Ring();
            },
            this,
            preferLocal: false));
    }

    public PoolSegment Doorbell { get; }

    public WorkerLink Link { get; }

    public IWorkerProcess Process { get; }

    public bool HasExited => _hasExited;

    public void Dispose()
    {
        Process.Kill();
        Link.Dispose();
        Process.Dispose();
        Doorbell.Dispose();
    }
}

/// <summary>A worker process while a far pool has it.</summary>
internal sealed class FarSession(LocalWorker worker, FarLine line, FarSettings settings)
{
    private const int StackSize = 256 << 10;

    private static readonly TimeSpan RoomInterval = TimeSpan.FromMilliseconds(20);

    private readonly Queue<byte[]> _waiting = new();
    private volatile bool _isOver;
    private bool _hasSaidLeaving;

    /// <summary>Passes on what both say until the process has ended, or the pool is gone.</summary>
    public void Run(CancellationToken leaving)
    {
        line.NoteOpening();
        Span<byte> id = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(id, worker.Process.Id);
        line.Send(FarKind.Welcome, id);
        var hearing = new Thread(Hear, StackSize) { IsBackground = true, Name = "PSIpc far session" };
        hearing.Start();
        try
        {
            PassReplies(leaving);
        }
        catch (IpcException)
        {
            // The pool's mailbox takes nothing any more: it is gone.
        }
        finally
        {
            _isOver = true;
            worker.Process.Kill();
            hearing.Join();
        }
    }

    private void PassReplies(CancellationToken leaving)
    {
        var batch = new ReceivedBatch();
        using CancellationTokenRegistration registration = leaving.UnsafeRegister(static state => ((PoolSegment)state!).Ring(), worker.Doorbell);
        while (!_isOver)
        {
            if (leaving.IsCancellationRequested && !_hasSaidLeaving)
            {
                _hasSaidLeaving = true;
                line.Send(FarKind.Leaving);
            }

            if (line.Silence > settings.Patience)
            {
                return; // The pool is gone, however much the worker has to say.
            }

            uint seen = worker.Doorbell.Event.Prepare();
            bool hasExited = worker.HasExited; // Before the look: what an ended process has said is all there.
            if (worker.Link.TryTake(batch))
            {
                Send(batch);
                continue;
            }

            if (hasExited)
            {
                int? noted = worker.Link.ExitCode;
                line.Send(FarKind.Exit, new FarEnd(worker.Link.Claim.Begun, noted, worker.Process.EndOf(noted)).ToBytes());
                return;
            }

            bool isLeavingNow = leaving.IsCancellationRequested && !_hasSaidLeaving;
            if (!isLeavingNow && !worker.HasExited)
            {
                worker.Doorbell.Event.Sleep(seen, guarded: false, Deadline.After(settings.PingInterval), default);
                if (line.OwnSilence >= settings.PingInterval)
                {
                    Ping();
                }
            }
        }
    }

    private void Send(ReceivedBatch batch)
    {
        int length = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            length += sizeof(int) + batch.Body(i).Length;
        }

        byte[] payload = new byte[length];
        int at = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            ReadOnlySpan<byte> body = batch.Body(i).Span;
            BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(at), body.Length);
            body.CopyTo(payload.AsSpan(at + sizeof(int)));
            at += sizeof(int) + body.Length;
        }

        line.Send(FarKind.Messages, payload);
    }

    private void Ping()
    {
        Span<byte> memory = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(memory, worker.Link.Memory);
        line.Send(FarKind.Ping, memory);
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "On a thread of its own: whatever it is ends this session, and the next begins.")]
    private void Hear()
    {
        try
        {
            while (!_isOver)
            {
                TimeSpan wait = _waiting.Count > 0 ? RoomInterval : settings.PingInterval;
                if (line.Receive(out FarKind kind, out ReadOnlyMemory<byte> payload, Deadline.After(wait), default))
                {
                    Take(kind, payload);
                }

                GiveWaiting();
            }
        }
        catch (Exception)
        {
            _isOver = true;
            worker.Doorbell.Ring();
        }
    }

    /// <summary>Gives the worker what it has room for. What it has none for waits here, so that what the pool says else is heard meanwhile: that it is there, or that the item is to be stopped.</summary>
    private void GiveWaiting()
    {
        while (_waiting.TryPeek(out byte[]? message) && worker.Link.TryGive(message))
        {
            _waiting.Dequeue();
        }
    }

    /// <summary>Takes back what was not begun, and says what was: the pool took the item after the last one that ended to be begun.</summary>
    private void TakeBack(uint epoch)
    {
        Span<byte> begun = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(begun, worker.Link.Claim.TakeBack(epoch));
        line.Send(FarKind.TakenBack, begun);
    }

    private void Take(FarKind kind, ReadOnlyMemory<byte> payload)
    {
        switch (kind)
        {
            case FarKind.Messages:
                foreach (ReadOnlyMemory<byte> message in FarFrame.MessagesIn(payload))
                {
                    _waiting.Enqueue(message.ToArray());
                    GiveWaiting();
                }

                break;
            case FarKind.TakeBack when payload.Length >= sizeof(uint):
                TakeBack(BinaryPrimitives.ReadUInt32LittleEndian(payload.Span));
                break;
            case FarKind.Stop when payload.Length >= 2 * sizeof(uint):
                TakeBack(BinaryPrimitives.ReadUInt32LittleEndian(payload.Span[sizeof(uint)..]));
                worker.Link.RequestStop(BinaryPrimitives.ReadUInt32LittleEndian(payload.Span));
                break;
            case FarKind.Kill:
                worker.Process.Kill();
                break;
        }
    }
}
