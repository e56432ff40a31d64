using PSIpc.Core.Platforms;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Synchronization;

/// <summary>A lock that one handle at a time holds, among all handles of all processes. A dead process does not keep it.</summary>
/// <remarks>
/// The words (docs/protocol.md, "Lock"): the lock, and the participant of a waiter that goes first. Whoever waits for more than some milliseconds names itself there, and newcomers
/// that see it named step back for two milliseconds at most: so one that takes the lock again and again does not starve the others, and a waiter that dies there delays nobody for longer.
/// </remarks>
public sealed unsafe class SharedLock : SharedObject
{
    /// <summary>Bytes of its words.</summary>
    internal const int Size = 256;

    private const string NamePrefix = "lock";
    private const int RecursiveOffset = 64;
    private const int FirstOffset = 128;
    private const int PatienceMilliseconds = 3;
    private const int CourtesyMilliseconds = 2;

    private readonly RobustLock _lock;
    private readonly uint* _word;
    private readonly uint* _first;
    private int _depth;

    private SharedLock(Segment segment)
        : base(segment)
    {
        try
        {
            segment.RequireBody(Size);
            _word = (uint*)segment.Body;
            _first = (uint*)(segment.Body + FirstOffset);
            _lock = new RobustLock(_word, segment.Participants, segment.Participant);
            IsRecursive = segment.Body[RecursiveOffset] == 1;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether a handle that holds it can take it again.</summary>
    public bool IsRecursive { get; }

    /// <summary>Whether it is the lock of an object of another kind, whose first words it is: an array, a value, a dictionary, a condition.</summary>
    public bool IsPart => Segment.Kind != ObjectKind.Lock;

    /// <summary>Whether this handle holds it.</summary>
    public bool IsHeldHere => Volatile.Read(ref _depth) > 0;

    /// <summary>Whether the last one who held it before this handle died with it: what it guards may be half done.</summary>
    public bool Abandoned { get; private set; }

    /// <summary>Whether any living process holds it.</summary>
    public bool IsHeld => !IsDisposed && _lock.IsHeld && !_lock.IsAbandoned;

    /// <summary>The process that holds it; 0 for none.</summary>
    public int OwnerProcessId => IsDisposed ? 0 : Segment.Participants.ProcessIdOf(Volatile.Read(ref *_word) & RobustLock.OwnerMask);

    /// <summary>Makes a lock that nobody holds.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="recursive">Whether a handle that holds it can take it again.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="openExisting">Whether to open the lock of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static SharedLock Create(string? name = null, bool recursive = false, bool persistent = false, IpcDirectory? directory = null, bool openExisting = false) => new(Segment.Create(
        directory ?? IpcDirectory.Default,
        ObjectKind.Lock,
        name ?? IpcName.MakeUnique(NamePrefix),
        Size,
        persistent,
        segment => Initialize(segment.Body, recursive),
        openExisting));

    /// <summary>Opens a lock that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedLock Open(string name, IpcDirectory? directory = null) => new(OpenSegment(ObjectKind.Lock, "lock", name, directory));

    /// <summary>Takes the lock, waiting for it; false when the time is up.</summary>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait within 50 ms.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when it is removed or disposed.</exception>
    public bool Enter(Deadline deadline, CancellationToken cancellation = default)
    {
        ThrowIfRemoved();
        if (IsRecursive && TryDeepen(1))
        {
            return true;
        }

        LockEntry entry = Volatile.Read(ref *_first) == 0 && _lock.TryEnter() ? LockEntry.Entered : EnterContended(deadline, cancellation);
        if (entry == LockEntry.TimedOut)
        {
            return false;
        }

        // First the depth, then the look: a Dispose in between finds the depth, or this finds the Dispose, and one of the two lets go of it.
        Abandoned = entry == LockEntry.TakenOver;
        Interlocked.Exchange(ref _depth, 1);
        if (IsRemoved)
        {
            ExitAllIfHeld();
            ThrowIfRemoved();
        }

        GC.KeepAlive(this);
        return true;
    }

    /// <summary>Lets go of the lock; one that was taken several times, once.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when this handle does not hold it.</exception>
    public void Exit()
    {
        ThrowIfDisposed();
        int depth;
        do
        {
            depth = Volatile.Read(ref _depth);
            if (depth == 0)
            {
                throw NotHeld();
            }
        }
        while (Interlocked.CompareExchange(ref _depth, depth - 1, depth) != depth);

        // Of several threads that let go of it at once, one is the last: another's exit would be that of whoever holds it by then.
        if (depth == 1)
        {
            _lock.Exit();
        }

        GC.KeepAlive(this);
    }

    /// <summary>Takes the lock away from all processes: whoever waits gets <see cref="IpcErrorKind.Closed"/>.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/> when it is the lock of an object of another kind.</exception>
    public void Remove()
    {
        if (IsPart)
        {
            throw new IpcException(IpcErrorKind.NotSupported, Messages.LockBelongsToObject.With(Segment.Kind, Name), Name);
        }

        Segment.Remove();
    }

    /// <summary>Fills the words of a new one; the memory is zero.</summary>
    internal static void Initialize(byte* words, bool recursive) => words[RecursiveOffset] = recursive ? (byte)1 : (byte)0;

    /// <summary>Another handle of the lock in an object of another kind.</summary>
    internal static SharedLock PartOf(Segment segment) => new(segment.AddReference());

    /// <summary>Lets go of it however often it was taken; how often that was, for <see cref="Reenter"/>.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when this handle does not hold it.</exception>
    internal int ExitAll()
    {
        int depth = ExitAllIfHeld();
        return depth > 0 ? depth : throw NotHeld();
    }

    /// <summary>Takes it again as often as it was taken before <see cref="ExitAll"/>.</summary>
    internal void Reenter(int depth, CancellationToken cancellation)
    {
        Enter(Deadline.Never, cancellation);
        TryDeepen(depth - 1);
    }

    private protected override void Detach(bool disposing) => ExitAllIfHeld();

    private int ExitAllIfHeld()
    {
        int depth = Interlocked.Exchange(ref _depth, 0);
        if (depth > 0)
        {
            _lock.Exit();
        }

        return depth;
    }

    /// <summary>Takes the lock some more times if this handle holds it. Only a depth that another thread has not meanwhile brought to 0 grows.</summary>
    private bool TryDeepen(int times)
    {
        while (Volatile.Read(ref _depth) is > 0 and var depth)
        {
            if (Interlocked.CompareExchange(ref _depth, depth + times, depth) == depth)
            {
                return true;
            }
        }

        return false;
    }

    private IpcException NotHeld()
    {
        int owner = OwnerProcessId;
        string holder = owner == 0 ? "" : owner == Environment.ProcessId ? Messages.HeldByAnotherHandle : Messages.HeldByProcess.With(owner);
        return new IpcException(IpcErrorKind.NotOwner, Messages.LockNotHeld.With(Name, holder), Name);
    }

    private LockEntry EnterContended(Deadline deadline, CancellationToken cancellation)
    {
        StepBack(deadline);
        LockEntry entry = EnterFor(PatienceMilliseconds, deadline, cancellation);
        if (entry != LockEntry.TimedOut || deadline.IsOver)
        {
            return entry;
        }

        bool isFirst = false;
        using WaiterMark mark = new(Segment);
        try
        {
            while (true)
            {
                isFirst = isFirst || Interlocked.CompareExchange(ref *_first, Segment.Participant, 0) == 0;
                entry = EnterFor(isFirst ? 1000 : RobustLock.Interval, deadline, cancellation);
                if (entry != LockEntry.TimedOut || deadline.IsOver)
                {
                    return entry;
                }

                ThrowIfRemoved();
            }
        }
        finally
        {
            if (isFirst)
            {
                Interlocked.CompareExchange(ref *_first, 0, Segment.Participant);
                Platform.Waits.Wake(_first, all: true);
            }
        }
    }

    /// <summary>Lets one that has waited for long go first, for a moment.</summary>
    private void StepBack(Deadline deadline)
    {
        uint first = Volatile.Read(ref *_first);
        if (first != 0 && !deadline.IsOver)
        {
            Platform.Waits.Wait(_first, first, deadline.Milliseconds(CourtesyMilliseconds));
            if (Volatile.Read(ref *_first) == first && !Segment.Participants.IsAlive(first))
            {
                Interlocked.CompareExchange(ref *_first, 0, first);
            }
        }
    }

    private LockEntry EnterFor(int milliseconds, Deadline deadline, CancellationToken cancellation)
    {
        int left = deadline.Milliseconds(milliseconds);
        return _lock.Enter(left < milliseconds ? deadline : Deadline.After(TimeSpan.FromMilliseconds(milliseconds)), cancellation);
    }
}
