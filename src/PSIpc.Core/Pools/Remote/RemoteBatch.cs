namespace PSIpc.Core.Pools.Remote;

/// <summary>A call as its caller has it.</summary>
internal sealed class RemoteCall(PoolCall call, ReadOnlyMemory<byte> setup)
{
    public PoolCall Call { get; } = call;

    public uint Number => Call.Number;

    /// <summary>What hosts are told of it: a <see cref="RemoteCallSetup"/>.</summary>
    public ReadOnlyMemory<byte> Setup { get; } = setup;

    /// <summary>Batches that were published and are not done.</summary>
    public int Outstanding { get; set; }

    /// <summary>Batches that were granted and are not done.</summary>
    public int Granted { get; set; }

    /// <summary>Hosts that were granted batches, where each is to run what comes at the end.</summary>
    public HashSet<RemoteHost> Served { get; } = [];
}

/// <summary>How far a batch is.</summary>
internal enum BatchState
{
    /// <summary>It is in the queue of tasks, or a host asks for it.</summary>
    Published,

    /// <summary>A host has it: its items count as begun.</summary>
    Granted,
}

/// <summary>Items of a call that travel together, or what comes at the end of a call on one host.</summary>
internal sealed class RemoteBatch(long id, RemoteCall call, ItemRange? items)
{
    private readonly bool[] _done = new bool[items?.Count ?? 1];

    public long Id { get; } = id;

    public RemoteCall Call { get; } = call;

    /// <summary>The items; null for what comes at the end of the call.</summary>
    public ItemRange? Items { get; } = items;

    public int Count => _done.Length;

    public int Length { get; } = items is { } range ? range.Block.Bytes(range.First, range.Count).Length : 0;

    public BatchState State { get; set; }

    /// <summary>The host that it was granted to.</summary>
    public RemoteHost? Host { get; set; }

    /// <summary>The claim that was granted, or the one that is held until a batch may be granted.</summary>
    public RemoteMessage? Claim { get; set; }

    /// <summary>When it was published or granted last.</summary>
    public long Since { get; set; }

    /// <summary>When its host was told last that it has it.</summary>
    public long SentAt { get; set; }

    /// <summary>When it is to be published again; 0 for no such time.</summary>
    public long PublishAt { get; set; }

    /// <summary>The number of the next part of its results.</summary>
    public int NextPart { get; set; }

    /// <summary>Items without a final result.</summary>
    public int Left { get; private set; } = items?.Count ?? 1;

    public bool IsDone(int item) => _done[item];

    /// <summary>Notes the end of an item; false for one that had ended before.</summary>
    public bool Finish(int item)
    {
        if (_done[item])
        {
            return false;
        }

        _done[item] = true;
        Left--;
        return true;
    }

    /// <summary>Neighbouring items without a result.</summary>
    public IEnumerable<ItemRange> Unfinished()
    {
        ItemRange items = Items!.Value;
        for (int i = 0; i < Count; i++)
        {
            int first = i;
            while (i < Count && !_done[i])
            {
                i++;
            }

            if (i > first)
            {
                yield return items.Skip(first).Take(i - first);
            }
        }
    }
}

/// <summary>A host as a caller sees it.</summary>
internal sealed class RemoteHost(Guid id)
{
    public Guid Id { get; } = id;

    /// <summary>Its present connection.</summary>
    public Guid Epoch { get; set; }

    /// <summary>The number of this connection in the host.</summary>
    public int EpochNumber { get; set; }

    public string Machine { get; set; } = "";

    public int Slots { get; set; }

    public HashSet<RemoteBatch> Granted { get; } = [];

    /// <summary>Setups that were sent to this epoch: numbers of calls, 0 for the pool's.</summary>
    public HashSet<uint> SentSetups { get; } = [];

    /// <summary>Calls that are over, of which it is to be told.</summary>
    public HashSet<uint> OverCalls { get; } = [];

    /// <summary>Parts of results that the caller has, by batch: the number of the next part.</summary>
    public Dictionary<long, int> Settled { get; } = [];

    /// <summary>The bytes of these parts.</summary>
    public long SettledBytes { get; set; }

    /// <summary>Whether it has sent parts of results that did not come.</summary>
    public bool LacksParts { get; set; }

    public long LastHeard { get; set; }

    public long LastPing { get; set; }

    public long LastSettled { get; set; }

    /// <summary>Whether its present connection was seen to be closed: it has another one when it comes back.</summary>
    public bool IsClosed { get; set; }

    /// <summary>When its connection was seen to be closed, or to say nothing; 0 while it is there.</summary>
    public long VanishedAt { get; set; }

    /// <summary>The same, in local time.</summary>
    public DateTime VanishedTime { get; set; }

    /// <summary>Its workers for this caller as of its last status.</summary>
    public IReadOnlyList<WorkerInfo> Workers { get; set; } = [];

    public long Restarts { get; set; }
}
