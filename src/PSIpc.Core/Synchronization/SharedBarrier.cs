using PSIpc.Core.Channels;
using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Synchronization;

/// <summary>A point that a number of participants reach together: who comes early waits for the others. A participant that dies breaks it for all.</summary>
/// <remarks>
/// The words (docs/protocol.md, "Barrier"): a monitor's, how many participants there are, the phase, whether it is broken, and for each process how many of its waits have
/// arrived in which phase. Arriving is one store, and so is the step to the next phase, which makes all older arrivals void. Who waits looks at two things under the lock: is the
/// phase over, and is somebody gone who must come. That is a process that was killed while it had the barrier open, or one that has waited here before and has let go of it.
/// </remarks>
public sealed unsafe class SharedBarrier : SharedObject, IDeathListener
{
    private const string NamePrefix = "barrier";
    private const int CountOffset = SharedMonitor.Size;
    private const int PhaseOffset = CountOffset + 4;
    private const int BrokenOffset = CountOffset + 8;
    private const int UsedOffset = CountOffset + 12;
    private const int CellsOffset = CountOffset + 64;
    private const int CellSize = 16;
    internal const int BodySize = CellsOffset + (CellSize * ParticipantTable.SlotCount);
    private const uint SlotMask = (1u << ParticipantTable.SlotBits) - 1;

    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(1);

    private readonly SharedMonitor? _monitor;
    private readonly byte* _body;

    private SharedBarrier(Segment segment)
        : base(segment)
    {
        try
        {
            segment.RequireBody(BodySize);
            _body = segment.Body;
            _monitor = new SharedMonitor(segment, 0);
            segment.OnLeaving = BreakOnLeaving;
            _monitor.WakeAll(); // Who waits already is to watch this process too.
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private enum Outcome
    {
        Waiting,
        Passed,
        Broken,
    }

    /// <summary>How many waits go on together.</summary>
    public int ParticipantCount => IsDisposed ? 0 : Needed;

    /// <summary>How many are waiting now.</summary>
    public int WaitingCount => IsDisposed ? 0 : (int)Math.Min(Arrived(Phase), Needed);

    /// <summary>How often all have gone on.</summary>
    public long CurrentPhase => IsDisposed ? 0 : Phase;

    /// <summary>Whether a participant died: nobody goes on here any more.</summary>
    public bool IsBroken => !IsDisposed && Broken;

    // What a look under the lock goes by: a handle that was disposed meanwhile still takes its wait back.
    private int Needed => *(int*)(_body + CountOffset);

    private bool Broken => Volatile.Read(ref *(uint*)(_body + BrokenOffset)) != 0;

    private uint Phase => Volatile.Read(ref *(uint*)(_body + PhaseOffset));

    private int Mine => (int)(Segment.Participant & SlotMask);

    private int Used => (int)Math.Min(*(uint*)(_body + UsedOffset), ParticipantTable.SlotCount);

    /// <summary>Makes a barrier.</summary>
    /// <param name="participantCount">How many waits go on together, at least 1.</param>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="openExisting">Whether to open the barrier of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static SharedBarrier Create(int participantCount, string? name = null, bool persistent = false, IpcDirectory? directory = null, bool openExisting = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(participantCount, 1);
        return new(Segment.Create(
            directory ?? IpcDirectory.Default,
            ObjectKind.Barrier,
            name ?? IpcName.MakeUnique(NamePrefix),
            BodySize,
            persistent,
            segment =>
            {
                SharedMonitor.Initialize(segment.Body);
                *(int*)(segment.Body + CountOffset) = participantCount;
            },
            openExisting));
    }

    /// <summary>Opens a barrier that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedBarrier Open(string name, IpcDirectory? directory = null) => new(OpenSegment(ObjectKind.Barrier, "barrier", name, directory));

    /// <summary>Arrives, and waits until all have arrived; false when the time is up: then this one has not arrived.</summary>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait; this one has not arrived then.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.PeerGone"/> when a participant died; <see cref="IpcErrorKind.Closed"/> when the barrier is removed or disposed.</exception>
    public bool Wait(Deadline deadline, CancellationToken cancellation = default)
    {
        ThrowIfRemoved();
        uint phase = 0;
        bool hasArrived = false;
        Outcome outcome = Outcome.Waiting;
        bool isOver;
        try
        {
            _monitor!.Change(
                () =>
                {
                    phase = Phase;
                    Arrive(phase, 1);
                    hasArrived = true;
                    outcome = Look(phase);
                },
                deadline.ButNotBefore(RingMemory.LockMilliseconds),
                cancellation);
            isOver = !hasArrived || outcome != Outcome.Waiting
                || _monitor.Wait(() => (outcome = Look(phase)) != Outcome.Waiting, () => WatchAll(phase), deadline, cancellation);
        }
        catch when (hasArrived)
        {
            Withdraw(phase, ref outcome);
            throw;
        }

        if (!isOver)
        {
            Withdraw(phase, ref outcome);
        }

        GC.KeepAlive(this);
        return outcome == Outcome.Broken
            ? throw new IpcException(IpcErrorKind.PeerGone, Messages.BarrierBroken.With(Name), Name)
            : outcome == Outcome.Passed;
    }

    /// <summary>Takes the barrier away from all processes: whoever waits gets <see cref="IpcErrorKind.Closed"/>.</summary>
    public void Remove()
    {
        Segment.Remove();
        _monitor!.WakeAll();
        GC.KeepAlive(this);
    }

    /// <summary>How many wait of how many, for whoever looks without being attached.</summary>
    internal static ObjectCounts CountsOf(byte* body)
    {
        int needed = *(int*)(body + CountOffset);
        uint phase = Volatile.Read(ref *(uint*)(body + PhaseOffset));
        long arrived = 0;
        for (int i = (int)Math.Min(*(uint*)(body + UsedOffset), ParticipantTable.SlotCount) - 1; i >= 0; i--)
        {
            ulong arrival = Volatile.Read(ref *(ulong*)(body + CellsOffset + (CellSize * i) + 8));
            arrived += arrival >> 32 == phase ? (uint)arrival : 0;
        }

        return new ObjectCounts { Depth = Math.Min(arrived, needed), Most = needed, Passed = phase, IsOver = Volatile.Read(ref *(uint*)(body + BrokenOffset)) != 0 };
    }

    void IDeathListener.OnDeath(Guid lease)
    {
        if (!IsDisposed)
        {
            _monitor!.WakeAll();
        }
    }

    private protected override void Detach(bool disposing) => _monitor?.Detach();

    /// <summary>This process leaves. If it has waited here, the barrier breaks, and all are woken while this one's slot still says who it is.</summary>
    private static void BreakOnLeaving(Segment segment)
    {
        byte* cell = segment.Body + CellsOffset + (CellSize * (segment.Participant & SlotMask));
        var monitor = new SharedMonitor(segment, 0);
        void Break()
        {
            if (*(uint*)cell == segment.Participant)
            {
                Volatile.Write(ref *(uint*)(segment.Body + BrokenOffset), 1);
            }
        }

        // It only ever becomes 1: beside a stopped process that can be stored without the lock, if all are woken.
        if (!monitor.Change(Break, Deadline.After(LeaveTime), default))
        {
            Break();
            monitor.WakeAll();
        }
    }

    private uint* ParticipantOf(int slot) => (uint*)(_body + CellsOffset + (CellSize * slot));

    /// <summary>The phase in the upper half, and how many have arrived in it in the lower.</summary>
    private ulong* ArrivalOf(int slot) => (ulong*)(_body + CellsOffset + (CellSize * slot) + 8);

    private long Arrived(uint phase)
    {
        long arrived = 0;
        for (int i = Used - 1; i >= 0; i--)
        {
            ulong arrival = Volatile.Read(ref *ArrivalOf(i));
            arrived += arrival >> 32 == phase ? (uint)arrival : 0;
        }

        return arrived;
    }

    private void Arrive(uint phase, int count)
    {
        int mine = Mine;
        if (*ParticipantOf(mine) != Segment.Participant)
        {
            // Whoever had this place is gone, which broke the barrier if it had waited here: note that before its place is lost.
            if (*ParticipantOf(mine) != 0)
            {
                Volatile.Write(ref *(uint*)(_body + BrokenOffset), 1);
            }

            Volatile.Write(ref *ArrivalOf(mine), 0);
            Volatile.Write(ref *ParticipantOf(mine), Segment.Participant);
        }

        if (mine >= Used)
        {
            Volatile.Write(ref *(uint*)(_body + UsedOffset), (uint)mine + 1);
        }

        ulong arrival = *ArrivalOf(mine);
        uint before = arrival >> 32 == phase ? (uint)arrival : 0;
        Volatile.Write(ref *ArrivalOf(mine), ((ulong)phase << 32) | (uint)(before + count));
    }

    private void Withdraw(uint phase, ref Outcome outcome)
    {
        if (Segment.IsRemoved)
        {
            return;
        }

        Outcome seen = outcome;
        bool isDone = _monitor!.TakeBack(_ =>
        {
            seen = Look(phase);
            if (seen == Outcome.Waiting)
            {
                Arrive(phase, -1);
            }
        });
        outcome = isDone ? seen : outcome;
    }

    /// <summary>Looks under the lock how it stands, and takes the step that is due.</summary>
    private Outcome Look(uint phase)
    {
        if (Phase != phase)
        {
            return Outcome.Passed;
        }

        if (Broken)
        {
            return Outcome.Broken;
        }

        if (IsSomebodyGone())
        {
            Volatile.Write(ref *(uint*)(_body + BrokenOffset), 1);
            _monitor!.WakeAll();
            return Outcome.Broken;
        }

        if (Arrived(phase) < Needed)
        {
            return Outcome.Waiting;
        }

        Volatile.Write(ref *(uint*)(_body + PhaseOffset), phase + 1);
        _monitor!.WakeAll();
        return Outcome.Passed;
    }

    private bool IsSomebodyGone()
    {
        for (int i = Used - 1; i >= 0; i--)
        {
            uint participant = *ParticipantOf(i);
            if (participant != 0 && participant != Segment.Participant && !Segment.Participants.IsAlive(participant))
            {
                return true;
            }
        }

        return Segment.Participants.HasDead();
    }

    /// <summary>Has this handle told of the death of all that have the barrier open.</summary>
    private void WatchAll(uint phase)
    {
        foreach (Guid lease in Segment.Participants.OtherLeases())
        {
            DeathWatch.Register(Directory.FullPath, lease, this);
        }

        // One that let go of it after the look is told of by nobody.
        for (int i = Used - 1; i >= 0; i--)
        {
            uint participant = Volatile.Read(ref *ParticipantOf(i));
            if (participant != 0 && participant != Segment.Participant && !Segment.Participants.TryGetLease(participant, out _) && Phase == phase)
            {
                _monitor!.WakeAll();
                return;
            }
        }
    }
}
