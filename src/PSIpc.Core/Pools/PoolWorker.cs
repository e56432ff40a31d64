namespace PSIpc.Core.Pools;

/// <summary>How far a worker is.</summary>
internal enum WorkerState
{
    /// <summary>Its process starts.</summary>
    Starting,

    /// <summary>It takes items.</summary>
    Ready,

    /// <summary>It gets no more items, and goes when it is through with those that it has.</summary>
    Retiring,

    /// <summary>Its process is gone.</summary>
    Gone,
}

/// <summary>Items that a worker was given, or the end of a call, which counts as one.</summary>
/// <param name="Call">The call.</param>
/// <param name="Items">The items; null for the end of the call.</param>
/// <param name="FirstOrdinal">The worker's ordinal of the first one.</param>
internal readonly record struct GivenItems(PoolCall Call, ItemRange? Items, ulong FirstOrdinal)
{
    /// <summary>How many there are.</summary>
    public int Count => Items?.Count ?? 1;

    /// <summary>The ordinal of the last one.</summary>
    public ulong LastOrdinal => FirstOrdinal + (ulong)Count - 1;
}

/// <summary>A worker process of a pool and what it has been given. Used under the pool's lock.</summary>
internal sealed class PoolWorker(int number)
{
    private readonly Dictionary<uint, ulong> _firstOrdinals = [];
    private ulong _nextOrdinal = 1;

    /// <summary>Its number in the pool, from 1; never used twice.</summary>
    public int Number { get; } = number;

    public WorkerState State { get; set; } = WorkerState.Starting;

    /// <summary>Null until its process is started.</summary>
    public WorkerLink? Link { get; set; }

    public IWorkerProcess? Process { get; set; }

    public DateTime Started { get; } = DateTime.Now;

    /// <summary>When its start began, on the clock of Stopwatch.</summary>
    public long StartedAt { get; } = System.Diagnostics.Stopwatch.GetTimestamp();

    /// <summary>What it was given and has not done, in order.</summary>
    public Queue<GivenItems> Given { get; private set; } = new();

    /// <summary>The number of items in <see cref="Given"/> that are not done.</summary>
    public int Outstanding { get; private set; }

    /// <summary>The ordinal of the last item that it said was done.</summary>
    public ulong LastDone { get; private set; }

    /// <summary>Items that it was given, ever, less those taken back.</summary>
    public long Served { get; private set; }

    /// <summary>The epoch of the messages to it.</summary>
    public uint Epoch { get; private set; }

    /// <summary>The calls that it has been told of.</summary>
    public HashSet<uint> OpenCalls { get; } = [];

    /// <summary>The keys of the definitions that it has been sent.</summary>
    public HashSet<Guid> Definitions { get; } = [];

    /// <summary>Calls of which it has run items: it has run what comes at their beginning.</summary>
    public HashSet<uint> ServedCalls { get; } = [];

    /// <summary>Calls whose end it was given to run, or will be.</summary>
    public HashSet<uint> EndsArranged { get; } = [];

    /// <summary>Until when it was held up by results that nobody took, on the clock of Stopwatch.</summary>
    public long HeldUntil { get; set; }

    /// <summary>Calls that are over, of which it is told with the next message.</summary>
    public List<uint> EndedCalls { get; } = [];

    /// <summary>Set by the thread that sees the process end.</summary>
    public volatile bool HasExited;

    /// <summary>When to kill it unless it has got over the item of <see cref="KillOrdinal"/>, on the clock of Stopwatch; 0 for never.</summary>
    public long KillAt { get; set; }

    /// <summary>The item that it was asked to stop.</summary>
    public ulong KillOrdinal { get; set; }

    /// <summary>The item for which it was killed because its time was over.</summary>
    public ulong TimedOutOrdinal { get; set; }

    /// <summary>When it last ended an item, or was given some while it had none, on the clock of Stopwatch.</summary>
    public long LastProgress { get; private set; }

    /// <summary>Whether items were taken from it since it said something: it may have been stopped, and gets more only if no other worker can.</summary>
    public bool IsSuspect { get; set; }

    /// <summary>Calls whose end it is to run and could not be told of yet.</summary>
    public List<PoolCall> EndsOwed { get; } = [];

    /// <summary>Whether it is to go because there has been nothing to do for long.</summary>
    public bool IsDismissed { get; set; }

    /// <summary>Whether it was told that there is no more work.</summary>
    public bool IsSentAway { get; set; }

    /// <summary>Whether it can be given items.</summary>
    public bool IsReady => State == WorkerState.Ready && !HasExited && !IsKilled;

    /// <summary>Whether it was killed. It may go on for a moment, and would begin what it is given then.</summary>
    public bool IsKilled { get; private set; }

    /// <summary>The ordinal of the item that it is running; 0 for none.</summary>
    public ulong Running => Link is { } link && link.Claim.Begun is var begun && begun > LastDone ? begun : 0;

    /// <summary>Items that it has and has not begun.</summary>
    public int NotBegun => Outstanding - (Running > 0 ? 1 : 0);

    /// <summary>The ordinal that the next item will have.</summary>
    public ulong NextOrdinal => _nextOrdinal;

    /// <summary>Ends its process at once.</summary>
    public void Kill()
    {
        IsKilled = true;
        Process!.Kill();
    }

    /// <summary>Notes what it was given.</summary>
    public void Give(PoolCall call, ItemRange? items, long now)
    {
        LastProgress = Outstanding == 0 ? now : LastProgress;
        var given = new GivenItems(call, items, _nextOrdinal);
        Given.Enqueue(given);
        _firstOrdinals.TryAdd(call.Number, _nextOrdinal);
        _nextOrdinal += (ulong)given.Count;
        Outstanding += given.Count;
        Served += given.Count;
    }

    /// <summary>A call is over; whether the worker knows of it, and is to be told.</summary>
    public bool Close(PoolCall call)
    {
        _firstOrdinals.Remove(call.Number);
        ServedCalls.Remove(call.Number);
        EndsArranged.Remove(call.Number);
        if (!OpenCalls.Remove(call.Number))
        {
            return false;
        }

        EndedCalls.Add(call.Number);
        return true;
    }

    /// <summary>Whether it has an item of a call, or is to run the call's end.</summary>
    public bool Has(PoolCall call) => EndsOwed.Contains(call) || Given.Any(g => g.Call == call);

    /// <summary>The ordinal of the first item of a call that it was given last; used to tell whether it began any.</summary>
    public ulong FirstOrdinalOf(PoolCall call) => _firstOrdinals.GetValueOrDefault(call.Number);

    /// <summary>Finds the item of an ordinal; false for one that it does not have.</summary>
    public bool TryFind(ulong ordinal, out GivenItems given)
    {
        foreach (GivenItems candidate in Given)
        {
            if (ordinal <= candidate.LastOrdinal)
            {
                given = candidate;
                return ordinal >= candidate.FirstOrdinal && ordinal > LastDone;
            }
        }

        given = default;
        return false;
    }

    /// <summary>Notes that an item is done.</summary>
    public void NoteDone(ulong ordinal, long at)
    {
        LastDone = ordinal;
        LastProgress = at;
        IsSuspect = false;
        Outstanding--;
        if (KillOrdinal == ordinal)
        {
            KillAt = 0;
        }

        while (Given.TryPeek(out GivenItems first) && first.LastOrdinal <= ordinal)
        {
            Given.Dequeue();
        }
    }

    /// <summary>Takes back all that it has not begun, in order; returns what was taken back.</summary>
    public List<GivenItems> TakeBack()
    {
        Epoch = Epoch == ClaimWord.LastEpoch ? 0 : Epoch + 1;
        return Split(Link!.Claim.TakeBack(Epoch));
    }

    /// <summary>Keeps what was begun, up to an ordinal, and returns the rest.</summary>
    public List<GivenItems> Split(ulong begun)
    {
        var kept = new Queue<GivenItems>();
        var taken = new List<GivenItems>();
        foreach (GivenItems given in Given)
        {
            if (given.LastOrdinal <= begun)
            {
                kept.Enqueue(given);
            }
            else if (given.FirstOrdinal > begun)
            {
                taken.Add(given);
            }
            else
            {
                int first = (int)(begun - given.FirstOrdinal) + 1;
                kept.Enqueue(given with { Items = given.Items!.Value.Take(first) });
                taken.Add(new GivenItems(given.Call, given.Items.Value.Skip(first), begun + 1));
            }
        }

        Given = kept;
        int count = taken.Sum(t => t.Count);
        Outstanding -= count;
        Served -= count;
        return taken;
    }
}
