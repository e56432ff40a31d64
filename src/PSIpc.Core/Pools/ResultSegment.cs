namespace PSIpc.Core.Pools;

/// <summary>Some records of an item, or its end, on their way to whoever waits for them.</summary>
/// <param name="Records">The records as the worker wrote them.</param>
/// <param name="Flags">What they say of the item.</param>
/// <param name="Block">The block of the item; null for what comes at the end of a call.</param>
/// <param name="Item">Which item of the block it is.</param>
/// <param name="Worker">The process id of the worker.</param>
/// <param name="StartedAt">When the worker began the item, on the clock of Stopwatch.</param>
/// <param name="Elapsed">How long it took, in ticks of that clock.</param>
/// <param name="Death">How the worker ended, where it did.</param>
internal readonly record struct ResultSegment(
    ReadOnlyMemory<byte> Records,
    ResultFlags Flags,
    ItemBlock? Block,
    int Item,
    int Worker,
    long StartedAt,
    long Elapsed,
    WorkerDeath? Death)
{
    /// <summary>Why the item could not be given to any worker; null if it could.</summary>
    public Exception? Refusal { get; init; }

    /// <summary>Whether nothing more comes of the item.</summary>
    public bool IsDone => (Flags & ResultFlags.Done) != 0;

    /// <summary>Whether the item ended by an error.</summary>
    public bool IsFailed => (Flags & (ResultFlags.Failed | ResultFlags.Died | ResultFlags.TimedOut)) != 0;

    /// <summary>The index of the item in the call's input; -1 for none.</summary>
    public long Index => Block is null ? -1 : Block.FirstIndex + Item;

    /// <summary>The bytes of the item.</summary>
    public ReadOnlyMemory<byte> Input => Block is null ? default : Block.Item(Item);
}
