using PSIpc.Core.Channels;
using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Processes;

/// <summary>
/// What a process and the one that started it share: a ring each way and the words that tell an orderly exit from a death.
/// </summary>
/// <remarks>
/// Body: 64 bytes of words, then the ring to the child, then the ring to the parent. The parent's words are filled before the object gets
/// its name. The child stores the exit code, then the state: a child that is gone with the state unset did not exit but died.
/// </remarks>
internal sealed unsafe class ProcessLink : IDisposable
{
    private const long ToChildCapacity = 64 << 10;
    private const long ToParentCapacity = 1 << 20;
    private const int WordsSize = 64;
    internal const long BodySize = WordsSize + (2 * RingMemory.ControlSize) + ToChildCapacity + ToParentCapacity;
    private const int StateOffset = 0;
    private const int ExitCodeOffset = 4;
    private const int ParentLeaseOffset = 16;
    private const uint Exited = 1;

    private readonly Segment _segment;
    private readonly MessageRing _toChild;
    private readonly MessageRing _toParent;
    private int _disposed;

    private ProcessLink(Segment segment)
    {
        _segment = segment;
        Name = segment.Name;
        Directory = segment.Directory;
        _toChild = new MessageRing(segment, WordsSize, 0);
        _toParent = new MessageRing(segment, WordsSize + RingMemory.BytesFor(ToChildCapacity), 1);
        ParentLease = *(Guid*)(segment.Body + ParentLeaseOffset);
    }

    ~ProcessLink() => Dispose();

    public string Name { get; }

    /// <summary>The id of the object, which no other has.</summary>
    public Guid Id => _segment.Id;

    public IpcDirectory Directory { get; }

    /// <summary>The lease of the process that made the link.</summary>
    public Guid ParentLease { get; }

    /// <summary>What a link says of its process, for whoever looks without being attached.</summary>
    internal static ObjectCounts CountsOf(byte* body)
    {
        long second = WordsSize + RingMemory.BytesFor(ToChildCapacity);
        return ObjectCounts.OfRing(new RingCounts(body + WordsSize, ToChildCapacity), new RingCounts(body + second, ToParentCapacity)) with
        {
            IsOver = Volatile.Read(ref *(uint*)(body + StateOffset)) == Exited,
        };
    }

    /// <summary>Makes the link; the caller is the parent.</summary>
    public static ProcessLink Create(string name)
    {
        IpcDirectory directory = IpcDirectory.Default;
        long size = WordsSize + RingMemory.BytesFor(ToChildCapacity) + RingMemory.BytesFor(ToParentCapacity);
        return new ProcessLink(Segment.Create(directory, ObjectKind.Process, name, size, persistent: false, segment =>
        {
            *(Guid*)(segment.Body + ParentLeaseOffset) = directory.LeaseId;
            RingMemory.Initialize(segment.Body + WordsSize, ToChildCapacity, 0, default);
            RingMemory.Initialize(segment.Body + WordsSize + RingMemory.BytesFor(ToChildCapacity), ToParentCapacity, 0, default);
        }));
    }

    /// <summary>Opens the link by its name; the caller is the child.</summary>
    public static ProcessLink Open(string name) => new(
        Segment.TryOpen(IpcDirectory.Default, ObjectKind.Process, name)
        ?? throw new IpcException(IpcErrorKind.NotFound, Messages.ProcessLinkNotFound.With(name), name));

    /// <summary>Whether the parent lives.</summary>
    public bool IsParentAlive() => Lease.IsAlive(Directory.FullPath, ParentLease);

    /// <summary>Sleeps until the parent is dead.</summary>
    public void WaitForParentDeath() => Lease.WaitForDeath(Directory.FullPath, ParentLease);

    /// <summary>Notes that the child exits in order, with this code.</summary>
    public void NoteExit(int code)
    {
        *(int*)(_segment.Body + ExitCodeOffset) = code;
        Volatile.Write(ref *(uint*)(_segment.Body + StateOffset), Exited);
        GC.KeepAlive(this);
    }

    /// <summary>The code of an orderly exit; null while the child runs, or when it died.</summary>
    public int? ExitCode => Volatile.Read(ref *(uint*)(_segment.Body + StateOffset)) == Exited
        ? *(int*)(_segment.Body + ExitCodeOffset)
        : null;

    public bool SendToChild(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation) =>
        Send(_toChild, body, stamp, deadline, cancellation);

    public bool SendToParent(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation) =>
        Send(_toParent, body, stamp, deadline, cancellation);

    public bool ReceiveFromParent(ReceivedMessage message, Deadline deadline, CancellationToken cancellation) =>
        Receive(_toChild, message, deadline, cancellation);

    public bool ReceiveFromChild(ReceivedMessage message, Deadline deadline, CancellationToken cancellation) =>
        Receive(_toParent, message, deadline, cancellation);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0 && _toParent is not null)
        {
            _toChild.Detach();
            _toParent.Detach();
            _segment.Release();
        }

        GC.SuppressFinalize(this);
    }

    private bool Send(MessageRing ring, ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation)
    {
        bool sent = ring.Send(body, stamp, deadline, cancellation);
        GC.KeepAlive(this);
        return sent;
    }

    private bool Receive(MessageRing ring, ReceivedMessage message, Deadline deadline, CancellationToken cancellation)
    {
        bool received = ring.Receive(message, peek: false, deadline, cancellation);
        GC.KeepAlive(this);
        return received;
    }
}
