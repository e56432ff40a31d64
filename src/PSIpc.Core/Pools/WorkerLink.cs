using System.Text;
using PSIpc.Core.Channels;
using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools;

/// <summary>What a pool and one of its workers share: a ring each way, the claim word, and a word by which a call is stopped.</summary>
/// <remarks>
/// Who writes what: the worker its state and exit code (code first), what it began and when (the time first), and its memory; the pool the number
/// of the call to stop (then wakes). Results go into the ring one by one as items end, so what a killed worker has done is there; only the wake,
/// a word of the pool's own, is put off (<see cref="PoolSegment"/>).
/// </remarks>
internal sealed unsafe class WorkerLink : IDisposable
{
    private const long RingCapacity = 1 << 20;
    private const int WordsSize = 512;
    internal const long BodySize = WordsSize + (2 * (RingMemory.ControlSize + RingCapacity));
    private const int StateOffset = 0;
    private const int ExitCodeOffset = 4;
    private const int ParentLeaseOffset = 16;
    private const int PoolNameOffset = 32;
    private const int ClaimOffset = 192;
    private const int StartedAtOffset = 200;
    private const int MemoryOffset = 208;
    private const int StopEventOffset = 320;
    private const int StopCallOffset = 328;
    private const uint Exited = 1;

    private readonly Segment _segment;
    private readonly MessageRing _toWorker;
    private readonly MessageRing _toPool;
    private int _disposed;

    private WorkerLink(Segment segment)
    {
        segment.RequireBody(BodySize);
        _segment = segment;
        Name = segment.Name;
        Directory = segment.Directory;
        _toWorker = new MessageRing(segment, WordsSize, 0);
        _toPool = new MessageRing(segment, WordsSize + RingMemory.BytesFor(RingCapacity), 1);
        ParentLease = *(Guid*)(segment.Body + ParentLeaseOffset);
        PoolName = NameIn(segment.Body);
        Claim = new ClaimWord((ulong*)(segment.Body + ClaimOffset));
        StopEvent = new EventCount((uint*)(segment.Body + StopEventOffset));
    }

    ~WorkerLink() => Dispose();

    public string Name { get; }

    /// <summary>The id of the object, which no other has.</summary>
    public Guid Id => _segment.Id;

    public string PoolName { get; }

    public IpcDirectory Directory { get; }

    /// <summary>The lease of the pool's process.</summary>
    public Guid ParentLease { get; }

    /// <summary>What the worker has begun.</summary>
    public ClaimWord Claim { get; }

    /// <summary>Wakes the worker's thread that looks for calls to stop.</summary>
    public EventCount StopEvent { get; }

    /// <summary>When the worker began the last item, on the clock of Stopwatch.</summary>
    public long StartedAt
    {
        get => Volatile.Read(ref *(long*)(_segment.Body + StartedAtOffset));
        set => Volatile.Write(ref *(long*)(_segment.Body + StartedAtOffset), value);
    }

    /// <summary>The worker's resident memory when it last looked, in bytes.</summary>
    public long Memory
    {
        get => Volatile.Read(ref *(long*)(_segment.Body + MemoryOffset));
        set => Volatile.Write(ref *(long*)(_segment.Body + MemoryOffset), value);
    }

    /// <summary>The number of the call whose item is to be stopped.</summary>
    public uint StopCall => Volatile.Read(ref *(uint*)(_segment.Body + StopCallOffset));

    /// <summary>The code of an orderly exit; null while the worker runs, or when it died.</summary>
    public int? ExitCode => Volatile.Read(ref *(uint*)(_segment.Body + StateOffset)) == Exited ? *(int*)(_segment.Body + ExitCodeOffset) : null;

    /// <summary>What a link says of its worker, for whoever looks without being attached.</summary>
    internal static ObjectCounts CountsOf(byte* body)
    {
        long ring = RingMemory.BytesFor(RingCapacity);
        return ObjectCounts.OfRing(new RingCounts(body + WordsSize, RingCapacity), new RingCounts(body + WordsSize + ring, RingCapacity)) with
        {
            Passed = (long)new ClaimWord((ulong*)(body + ClaimOffset)).Begun,
            PoolName = NameIn(body),
            Memory = Volatile.Read(ref *(long*)(body + MemoryOffset)),
            IsOver = Volatile.Read(ref *(uint*)(body + StateOffset)) == Exited,
        };
    }

    /// <summary>Makes a link; the caller is the pool.</summary>
    public static WorkerLink Create(PoolSegment pool)
    {
        IpcDirectory directory = pool.Directory;
        long size = WordsSize + (2 * RingMemory.BytesFor(RingCapacity));
        return new WorkerLink(Segment.Create(directory, ObjectKind.Worker, IpcName.MakeUnique("worker"), size, persistent: false, segment =>
        {
            *(Guid*)(segment.Body + ParentLeaseOffset) = directory.LeaseId;
            segment.Body[PoolNameOffset] = (byte)pool.Name.Length;
            Encoding.ASCII.GetBytes(pool.Name, new Span<byte>(segment.Body + PoolNameOffset + 1, IpcName.MaxLength));
            *(uint*)(segment.Body + StopEventOffset) = EventCount.FirstSignal;
            RingMemory.Initialize(segment.Body + WordsSize, RingCapacity, 0, default);
            RingMemory.Initialize(segment.Body + WordsSize + RingMemory.BytesFor(RingCapacity), RingCapacity, 0, default);
        }));
    }

    /// <summary>Opens a link by its name; the caller is the worker.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> when the pool's process is gone.</exception>
    public static WorkerLink Open(string name, IpcDirectory? directory = null) => new(
        Segment.TryOpen(directory ?? IpcDirectory.Default, ObjectKind.Worker, name)
        ?? throw new IpcException(IpcErrorKind.NotFound, Messages.WorkerLinkNotFound.With(name), name));

    /// <summary>Sleeps until the pool's process is dead.</summary>
    public void WaitForParentDeath() => Lease.WaitForDeath(Directory.FullPath, ParentLease);

    /// <summary>Notes that the worker exits in order, with this code.</summary>
    public void NoteExit(int code)
    {
        *(int*)(_segment.Body + ExitCodeOffset) = code;
        Volatile.Write(ref *(uint*)(_segment.Body + StateOffset), Exited);
        GC.KeepAlive(this);
    }

    /// <summary>Asks the worker to stop the item that it runs, if it is of this call.</summary>
    public void RequestStop(uint call)
    {
        Volatile.Write(ref *(uint*)(_segment.Body + StopCallOffset), call);
        StopEvent.WakeAll();
        GC.KeepAlive(this);
    }

    /// <summary>Gives the worker a message; false when its ring has no room now.</summary>
    public bool TryGive(ReadOnlySpan<byte> message, bool holdsSecrets = false)
    {
        bool sent = _toWorker.Send(message, new MessageStamp { InOwnFile = holdsSecrets }, Deadline.Now, default);
        GC.KeepAlive(this);
        return sent;
    }

    /// <summary>The worker's: takes a message, waiting for it.</summary>
    public bool Receive(ReceivedMessage message, Deadline deadline)
    {
        bool received = _toWorker.Receive(message, peek: false, deadline, default);
        GC.KeepAlive(this);
        return received;
    }

    /// <summary>The worker's: gives the pool a message; false when the ring stayed full.</summary>
    public bool Reply(ReadOnlySpan<byte> message, Deadline deadline, bool holdsSecrets = false)
    {
        bool sent = _toPool.Send(message, new MessageStamp { InOwnFile = holdsSecrets }, deadline, default);
        GC.KeepAlive(this);
        return sent;
    }

    /// <summary>Takes what the worker said; false when there is nothing now.</summary>
    public bool TryTake(ReceivedBatch batch)
    {
        bool received = _toPool.Memory.HasMessages && _toPool.ReceiveMany(batch, Deadline.Now, default);
        GC.KeepAlive(this);
        return received;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0 && _toPool is not null)
        {
            _toWorker.Detach();
            _toPool.Detach();
            _segment.Release();
        }

        GC.SuppressFinalize(this);
    }

    private static string NameIn(byte* body) => Encoding.ASCII.GetString(body + PoolNameOffset + 1, Math.Min((int)body[PoolNameOffset], IpcName.MaxLength));
}
