using PSIpc.Core.Channels;
using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Synchronization;

/// <summary>A condition variable: processes that hold its lock let go of it, wait to be told that something has changed, and hold it again.</summary>
/// <remarks>
/// The words (docs/protocol.md, "Condition"): a lock, a monitor, the next ticket, and a place for each waiter with its ticket, its process and whether it was woken. Waking one is one
/// store into the place with the lowest ticket whose process lives. A waiter gives its place back only when it holds the lock again; the wake of one that died before is passed on by
/// whoever looks next, and all look when a process dies. So a wake is never lost with the one it was for.
/// </remarks>
public sealed unsafe class SharedCondition : SharedObject, IDeathListener
{
    /// <summary>The most that can wait at a time.</summary>
    public const int MostWaiters = 4096;

    private const string NamePrefix = "condition";
    private const int MonitorOffset = SharedLock.Size;
    private const int TicketOffset = MonitorOffset + SharedMonitor.Size;
    private const int UsedOffset = TicketOffset + 8;
    private const int PlacesOffset = TicketOffset + 64;
    private const int PlaceSize = 16;
    internal const int BodySize = PlacesOffset + (PlaceSize * MostWaiters);
    private const uint IsFree = 0;
    private const uint IsWaiting = 1;
    private const uint IsWoken = 2;

    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(1);

    private readonly SharedMonitor? _monitor;
    private readonly byte* _body;
    private readonly SharedLock? _lock;

    private SharedCondition(Segment segment)
        : base(segment)
    {
        try
        {
            segment.RequireBody(BodySize);
            _body = segment.Body;
            _monitor = new SharedMonitor(segment, MonitorOffset);
            _lock = SharedLock.PartOf(segment);
            segment.OnLeaving = LeavePlaces;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its lock. A handle that holds it can take it again.</summary>
    public SharedLock Lock => _lock!;

    /// <summary>How many wait.</summary>
    public int WaitingCount
    {
        get
        {
            int count = 0;
            for (int i = 0; !IsDisposed && i < Used; i++)
            {
                count += Volatile.Read(ref *StateOf(i)) != IsFree && Segment.Participants.IsAlive(*ParticipantOf(i)) ? 1 : 0;
            }

            return count;
        }
    }

    private int Used => (int)Math.Min(Volatile.Read(ref *(uint*)(_body + UsedOffset)), MostWaiters);

    /// <summary>Makes a condition.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="openExisting">Whether to open the condition of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static SharedCondition Create(string? name = null, bool persistent = false, IpcDirectory? directory = null, bool openExisting = false) => new(Segment.Create(
        directory ?? IpcDirectory.Default,
        ObjectKind.Condition,
        name ?? IpcName.MakeUnique(NamePrefix),
        BodySize,
        persistent,
        segment =>
        {
            SharedLock.Initialize(segment.Body, recursive: true);
            SharedMonitor.Initialize(segment.Body + MonitorOffset);
            *(ulong*)(segment.Body + TicketOffset) = 1;
        },
        openExisting));

    /// <summary>Opens a condition that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedCondition Open(string name, IpcDirectory? directory = null) => new(OpenSegment(ObjectKind.Condition, "condition", name, directory));

    /// <summary>Lets go of the lock, waits until woken, and takes the lock again; false when the time is up first. The lock is held again in either case.</summary>
    /// <param name="deadline">Until when to wait for the wake; the lock is waited for as long as it takes.</param>
    /// <param name="cancellation">Ends the wait, without the lock.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> without the lock; <see cref="IpcErrorKind.Closed"/> when it is removed or disposed; <see cref="IpcErrorKind.OutOfMemory"/> for too many waiters.</exception>
    public bool Wait(Deadline deadline, CancellationToken cancellation = default)
    {
        ThrowIfRemoved();
        int place = -1;
        ulong ticket = 0;
        bool hasPlace = _monitor!.Change(() => place = TakePlace(out ticket), deadline.ButNotBefore(RingMemory.LockMilliseconds), cancellation);
        if (!hasPlace)
        {
            return false;
        }

        int depth;
        try
        {
            depth = Lock.ExitAll();
        }
        catch
        {
            GiveBack(place, ticket, passOn: true, passOnLate: true);
            throw;
        }

        bool isWoken = false;
        try
        {
            isWoken = _monitor.Wait(() => PassOnWakesOfTheDead() | (*StateOf(place) == IsWoken), WatchAll, deadline, cancellation);
            Lock.Reenter(depth, cancellation);
        }
        catch
        {
            GiveBack(place, ticket, passOn: true, passOnLate: true);
            throw;
        }

        isWoken |= GiveBack(place, ticket, passOn: false, passOnLate: !isWoken);
        GC.KeepAlive(this);
        return isWoken;
    }

    /// <summary>Wakes the one that has waited longest, or all. The caller holds the lock, or this takes it meanwhile.</summary>
    /// <param name="all">Whether to wake all.</param>
    /// <param name="cancellation">Ends a wait for the lock.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public void Set(bool all = false, CancellationToken cancellation = default)
    {
        ThrowIfRemoved();
        Lock.Enter(Deadline.Never, cancellation);
        try
        {
            _monitor!.Change(() => Wake(all), Deadline.Never, cancellation);
        }
        finally
        {
            Lock.Exit();
            GC.KeepAlive(this);
        }
    }

    /// <summary>Takes the condition away from all processes: whoever waits gets <see cref="IpcErrorKind.Closed"/>.</summary>
    public void Remove()
    {
        Segment.Remove();
        _monitor!.WakeAll();
        GC.KeepAlive(this);
    }

    /// <summary>How many wait, for whoever looks without being attached.</summary>
    internal static ObjectCounts CountsOf(byte* body, ParticipantTable participants)
    {
        long waiting = 0;
        for (int i = (int)Math.Min(*(uint*)(body + UsedOffset), MostWaiters) - 1; i >= 0; i--)
        {
            byte* place = body + PlacesOffset + (PlaceSize * i);
            waiting += Volatile.Read(ref *(uint*)(place + 12)) == IsWaiting && participants.IsAlive(*(uint*)(place + 8)) ? 1 : 0;
        }

        return new ObjectCounts { Depth = waiting };
    }

    void IDeathListener.OnDeath(Guid lease)
    {
        if (!IsDisposed)
        {
            _monitor!.WakeAll();
        }
    }

    private protected override void Detach(bool disposing)
    {
        _monitor?.Detach();
        if (disposing)
        {
            _lock?.Dispose();
        }
    }

    private byte* PlaceAt(int index) => _body + PlacesOffset + (PlaceSize * index);

    private ulong* TicketOf(int index) => (ulong*)PlaceAt(index);

    private uint* ParticipantOf(int index) => (uint*)(PlaceAt(index) + 8);

    private uint* StateOf(int index) => (uint*)(PlaceAt(index) + 12);

    private int TakePlace(out ulong ticket)
    {
        PassOnWakesOfTheDead();
        for (int i = 0; i < MostWaiters; i++)
        {
            // One that was woken keeps its place though it died since the wakes of the dead were passed on: its wake would go with the place.
            if (*StateOf(i) == IsWoken || (*StateOf(i) == IsWaiting && Segment.Participants.IsAlive(*ParticipantOf(i))))
            {
                continue;
            }

            ticket = *(ulong*)(_body + TicketOffset);
            Volatile.Write(ref *(ulong*)(_body + TicketOffset), ticket + 1);
            Volatile.Write(ref *StateOf(i), IsFree);
            *TicketOf(i) = ticket;
            *ParticipantOf(i) = Segment.Participant;
            if (i >= Used)
            {
                Volatile.Write(ref *(uint*)(_body + UsedOffset), (uint)i + 1);
            }

            Volatile.Write(ref *StateOf(i), IsWaiting);
            return i;
        }

        throw new IpcException(IpcErrorKind.OutOfMemory, Messages.ConditionHasMostWaiters.With(MostWaiters, Name), Name);
    }

    /// <summary>This process leaves: the wakes that it was given and did not use go to the others, and its places are free, while its slot still says who it is.</summary>
    private static void LeavePlaces(Segment segment)
    {
        byte* State(uint index) => segment.Body + PlacesOffset + (PlaceSize * index) + 12;
        uint Participant(uint index) => *(uint*)(State(index) - 4);
        ulong Ticket(uint index) => *(ulong*)(State(index) - 12);
        uint used = Math.Min(Volatile.Read(ref *(uint*)(segment.Body + UsedOffset)), MostWaiters);
        void PassOn()
        {
            for (uint i = 0; i < used; i++)
            {
                if (Participant(i) == segment.Participant && *(uint*)State(i) == IsWaiting)
                {
                    Volatile.Write(ref *(uint*)State(i), IsFree);
                }
            }

            for (uint i = 0; i < used; i++)
            {
                if (Participant(i) != segment.Participant || *(uint*)State(i) != IsWoken)
                {
                    continue;
                }

                int next = -1;
                for (uint j = 0; j < used; j++)
                {
                    if (*(uint*)State(j) == IsWaiting && (next < 0 || Ticket(j) < Ticket((uint)next)) && segment.Participants.IsAlive(Participant(j)))
                    {
                        next = (int)j;
                    }
                }

                if (next >= 0)
                {
                    Volatile.Write(ref *(uint*)State((uint)next), IsWoken);
                }

                Volatile.Write(ref *(uint*)State(i), IsFree);
            }
        }

        // Beside a stopped process: nobody else writes a place of a living participant, and the wakes of places of nobody are passed on by whoever looks next.
        var monitor = new SharedMonitor(segment, MonitorOffset);
        if (!monitor.Change(PassOn, Deadline.After(LeaveTime), default))
        {
            for (uint i = 0; i < used; i++)
            {
                Interlocked.CompareExchange(ref *(uint*)(State(i) - 4), 0, segment.Participant);
            }

            monitor.WakeAll();
        }
    }

    /// <summary>Gives the place of this waiter back; whether it was woken. A wake that it does not use goes to the next.</summary>
    private bool GiveBack(int place, ulong ticket, bool passOn, bool passOnLate)
    {
        bool wasWoken = false;
        if (Segment.IsRemoved)
        {
            return false;
        }

        bool isDone = _monitor!.TakeBack(isLate =>
        {
            if (*ParticipantOf(place) != Segment.Participant || *TicketOf(place) != ticket)
            {
                return; // The process has left meanwhile, which gave it back, and it may be somebody else's.
            }

            wasWoken = *StateOf(place) == IsWoken;
            if (wasWoken && (isLate ? passOnLate : passOn))
            {
                Wake(all: false);
            }

            Volatile.Write(ref *StateOf(place), IsFree);
        });
        return isDone && wasWoken;
    }

    private void Wake(bool all)
    {
        PassOnWakesOfTheDead();
        while (Longest() is >= 0 and var index)
        {
            Volatile.Write(ref *StateOf(index), IsWoken);
            if (!all)
            {
                return;
            }
        }
    }

    /// <summary>Who has waited longest of those alive; -1 for nobody.</summary>
    private int Longest()
    {
        int found = -1;
        for (int i = 0; i < Used; i++)
        {
            if (*StateOf(i) == IsWaiting && (found < 0 || *TicketOf(i) < *TicketOf(found)) && Segment.Participants.IsAlive(*ParticipantOf(i)))
            {
                found = i;
            }
        }

        return found;
    }

    /// <summary>Gives the wakes of those that died before they used them to the next; first to the next, so that a crash in between wakes one too many and never one too few. Always false.</summary>
    private bool PassOnWakesOfTheDead()
    {
        for (int i = 0; i < Used; i++)
        {
            if (*StateOf(i) != IsWoken || Segment.Participants.IsAlive(*ParticipantOf(i)))
            {
                continue;
            }

            int next = Longest();
            if (next >= 0)
            {
                Volatile.Write(ref *StateOf(next), IsWoken);
                _monitor!.WakeAll();
            }

            Volatile.Write(ref *StateOf(i), IsFree);
        }

        return false;
    }

    private void WatchAll()
    {
        for (int i = 0; i < Used; i++)
        {
            uint participant = Volatile.Read(ref *ParticipantOf(i));
            if (Volatile.Read(ref *StateOf(i)) == IsFree || participant == Segment.Participant)
            {
                continue;
            }

            if (Segment.Participants.TryGetLease(participant, out Guid lease))
            {
                DeathWatch.Register(Directory.FullPath, lease, this);
            }
            else if (Volatile.Read(ref *StateOf(i)) == IsWoken)
            {
                _monitor!.WakeAll();
            }
        }
    }
}
