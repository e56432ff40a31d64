using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Synchronization;

/// <summary>A number of permits that processes take and give back. What a process held comes back when it is gone, unless permits are unowned: then they count items, and belong to no process.</summary>
/// <remarks>
/// The words (docs/protocol.md, "Semaphore"): a monitor's, how many permits there are in all, the most, and how many each participant holds. What is free is not stored but
/// is the difference: so taking, giving back and adding a permit are one store each. A participant that is gone holds nothing, whatever its place says. Of an unowned one, the permits in all are those that are free, and no
/// place is used.
/// </remarks>
public sealed unsafe class SharedSemaphore : SharedObject, IDeathListener
{
    private const string NamePrefix = "semaphore";
    private const int TotalOffset = SharedMonitor.Size;
    private const int MaximumOffset = TotalOffset + 8;
    private const int UsedOffset = TotalOffset + 16;
    private const int UnownedOffset = TotalOffset + 20;
    private const int HoldersOffset = TotalOffset + 64;
    private const int HolderSize = 8;

    /// <summary>Bytes of its words.</summary>
    internal const int BodySize = HoldersOffset + (HolderSize * ParticipantTable.SlotCount);
    private const uint SlotMask = (1u << ParticipantTable.SlotBits) - 1;

    private static readonly TimeSpan GiveBackTime = TimeSpan.FromSeconds(1);

    private readonly SharedMonitor? _monitor;
    private readonly byte* _body;

    private SharedSemaphore(Segment segment)
        : base(segment)
    {
        try
        {
            segment.RequireBody(BodySize);
            _body = segment.Body;
            _monitor = new SharedMonitor(segment, 0);
            IsUnowned = *(uint*)(_body + UnownedOffset) != 0;
            segment.OnLeaving = IsUnowned ? null : GiveBackAllHere;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether permits belong to no process: what a process took does not come back when it is gone.</summary>
    public bool IsUnowned { get; }

    /// <summary>Permits that are free, those of dead holders among them.</summary>
    public long Count
    {
        get
        {
            long free = IsDisposed ? 0 : Math.Max(0, Free(withDead: true));
            GC.KeepAlive(this);
            return free;
        }
    }

    /// <summary>The most permits that there can be.</summary>
    public long Maximum => IsDisposed ? 0 : *(long*)(_body + MaximumOffset);

    /// <summary>Permits that this process holds.</summary>
    public long HeldHere => IsDisposed ? 0 : *ParticipantOf(Mine) == Segment.Participant ? *PermitsOf(Mine) : 0;

    private int Mine => (int)(Segment.Participant & SlotMask);

    /// <summary>Makes a semaphore.</summary>
    /// <param name="count">Permits from the beginning.</param>
    /// <param name="maximum">The most permits that there can be; null for the count, or of an unowned one for no limit but that of an Int32.</param>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="openExisting">Whether to open the semaphore of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <param name="unowned">Whether permits belong to no process.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static SharedSemaphore Create(
        int count, int? maximum = null, string? name = null, bool persistent = false, IpcDirectory? directory = null, bool openExisting = false, bool unowned = false)
    {
        int most = maximum ?? (unowned ? int.MaxValue : Math.Max(count, 1));
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, Math.Max(count, 1), nameof(maximum));
        return new(Segment.Create(
            directory ?? IpcDirectory.Default,
            ObjectKind.Semaphore,
            name ?? IpcName.MakeUnique(NamePrefix),
            BodySize,
            persistent,
            segment =>
            {
                SharedMonitor.Initialize(segment.Body);
                *(long*)(segment.Body + TotalOffset) = count;
                *(long*)(segment.Body + MaximumOffset) = most;
                *(uint*)(segment.Body + UnownedOffset) = unowned ? 1u : 0u;
            },
            openExisting));
    }

    /// <summary>Opens a semaphore that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedSemaphore Open(string name, IpcDirectory? directory = null) => new(OpenSegment(ObjectKind.Semaphore, "semaphore", name, directory));

    /// <summary>Takes a permit, waiting for one; false when the time is up.</summary>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when it is removed or disposed.</exception>
    public bool Enter(Deadline deadline, CancellationToken cancellation = default)
    {
        ThrowIfRemoved();
        bool taken = IsUnowned
            ? _monitor!.Wait(TryTakeUnowned, null, deadline, cancellation)
            : _monitor!.Wait(TryTake, WatchHolders, deadline, cancellation);
        GC.KeepAlive(this);
        return taken;
    }

    /// <summary>Gives permits back that this process holds, or adds permits up to the maximum.</summary>
    /// <param name="count">How many.</param>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when there would be more than the maximum; none is given back then.</exception>
    public void Exit(int count = 1, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ThrowIfRemoved();
        _monitor!.Change(
            () =>
            {
                uint own = *ParticipantOf(Mine) == Segment.Participant ? *PermitsOf(Mine) : 0;
                long added = Math.Max(0, count - (long)own);
                long total = *(long*)(_body + TotalOffset);
                if (total + added > *(long*)(_body + MaximumOffset))
                {
                    throw new IpcException(
                        IpcErrorKind.NotOwner,
                        Messages.SemaphoreOverMaximum.With(Name, Maximum, own, count),
                        Name);
                }

                // Two stores where both are needed; a crash in between gives back fewer.
                *PermitsOf(Mine) = own - (uint)Math.Min(own, count);
                if (added > 0)
                {
                    Volatile.Write(ref *(long*)(_body + TotalOffset), total + added);
                }
            },
            Deadline.Never,
            cancellation);
        GC.KeepAlive(this);
    }

    /// <summary>Takes the semaphore away from all processes: whoever waits gets <see cref="IpcErrorKind.Closed"/>.</summary>
    public void Remove()
    {
        Segment.Remove();
        _monitor!.WakeAll();
        GC.KeepAlive(this);
    }

    /// <summary>The process ids of those that hold permits of a semaphore.</summary>
    internal static List<int> HoldersOf(byte* body, ParticipantTable participants)
    {
        var holders = new List<uint>();
        for (int i = 0; i < ParticipantTable.SlotCount; i++)
        {
            byte* holder = body + HoldersOffset + (HolderSize * i);
            if (Volatile.Read(ref *(uint*)(holder + 4)) != 0)
            {
                holders.Add(*(uint*)holder);
            }
        }

        return Holders.Living(holders, participants);
    }

    /// <summary>Permits that living processes hold, and permits in all; of an unowned one the free ones, and the most. For whoever looks without being attached.</summary>
    internal static ObjectCounts CountsOf(byte* body, ParticipantTable participants)
    {
        if (*(uint*)(body + UnownedOffset) != 0)
        {
            return new ObjectCounts { IsUnowned = true, Depth = Volatile.Read(ref *(long*)(body + TotalOffset)), Most = *(long*)(body + MaximumOffset) };
        }

        long held = 0;
        for (int i = 0; i < ParticipantTable.SlotCount; i++)
        {
            byte* holder = body + HoldersOffset + (HolderSize * i);
            uint permits = Volatile.Read(ref *(uint*)(holder + 4));
            held += permits != 0 && participants.IsAlive(*(uint*)holder) ? permits : 0;
        }

        return new ObjectCounts { Depth = held, Most = Volatile.Read(ref *(long*)(body + TotalOffset)) };
    }

    void IDeathListener.OnDeath(Guid lease)
    {
        if (!IsDisposed)
        {
            _monitor!.WakeAll();
        }
    }

    private protected override void Detach(bool disposing) => _monitor?.Detach();

    /// <summary>This process leaves: what it holds is free.</summary>
    private static void GiveBackAllHere(Segment segment)
    {
        var monitor = new SharedMonitor(segment, 0);
        byte* holder = segment.Body + HoldersOffset + (HolderSize * (segment.Participant & SlotMask));
        void GiveBack()
        {
            if (*(uint*)holder == segment.Participant)
            {
                Volatile.Write(ref *(uint*)(holder + 4), 0);
            }
        }

        // Nobody else writes the place of a living participant: beside a stopped process it can be done without the lock, if all are woken.
        if (!monitor.Change(GiveBack, Deadline.After(GiveBackTime), default))
        {
            GiveBack();
            monitor.WakeAll();
        }
    }

    private uint* ParticipantOf(int slot) => (uint*)(_body + HoldersOffset + (HolderSize * slot));

    private uint* PermitsOf(int slot) => ParticipantOf(slot) + 1;

    private int Used => (int)Math.Min(*(uint*)(_body + UsedOffset), ParticipantTable.SlotCount);

    /// <summary>Permits that are free.</summary>
    /// <param name="withDead">Whether those of dead holders count as free, which takes a look at each holder's lease.</param>
    private long Free(bool withDead = false)
    {
        long free = Volatile.Read(ref *(long*)(_body + TotalOffset));
        for (int i = Used - 1; i >= 0; i--)
        {
            uint permits = Volatile.Read(ref *PermitsOf(i));
            free -= withDead && permits != 0 && IsDead(*ParticipantOf(i)) ? 0 : permits;
        }

        return free;
    }

    private bool IsDead(uint participant) => participant != Segment.Participant && !Segment.Participants.IsAlive(participant);

    private bool TryTakeUnowned()
    {
        long free = *(long*)(_body + TotalOffset);
        if (free <= 0)
        {
            return false;
        }

        Volatile.Write(ref *(long*)(_body + TotalOffset), free - 1);
        return true;
    }

    private bool TryTake()
    {
        if (Free() <= 0 && !FreeGone())
        {
            return false;
        }

        int mine = Mine;
        if (*ParticipantOf(mine) != Segment.Participant)
        {
            // Whoever had this place is gone.
            *PermitsOf(mine) = 0;
            Volatile.Write(ref *ParticipantOf(mine), Segment.Participant);
            if (mine >= Used)
            {
                Volatile.Write(ref *(uint*)(_body + UsedOffset), (uint)mine + 1);
            }
        }

        Volatile.Write(ref *PermitsOf(mine), *PermitsOf(mine) + 1);
        return true;
    }

    /// <summary>Takes permits back from participants that are gone; whether one is free now.</summary>
    private bool FreeGone()
    {
        for (int i = Used - 1; i >= 0; i--)
        {
            if (*PermitsOf(i) != 0 && IsDead(*ParticipantOf(i)))
            {
                Volatile.Write(ref *PermitsOf(i), 0);
            }
        }

        return Free() > 0;
    }

    /// <summary>
    /// Has this handle told of the death of those that hold permits, after a look that found none free. Who gets one later gets it from somebody who gave it back, which
    /// wakes this one, or from one that is gone, of which it is told.
    /// </summary>
    private void WatchHolders()
    {
        for (int i = Used - 1; i >= 0; i--)
        {
            uint participant = Volatile.Read(ref *ParticipantOf(i));
            if (Volatile.Read(ref *PermitsOf(i)) == 0 || participant == Segment.Participant)
            {
                continue;
            }

            if (Segment.Participants.TryGetLease(participant, out Guid lease))
            {
                DeathWatch.Register(Directory.FullPath, lease, this);
            }
            else
            {
                _monitor!.WakeAll(); // It let go of the semaphore with a permit: look again.
            }
        }
    }
}
