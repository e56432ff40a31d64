namespace PSIpc.Core.Pools;

/// <summary>Items of a call, one after the other in memory, in the order in which they came. They stay until their results have been delivered.</summary>
internal sealed class ItemBlock(long firstIndex, int capacity)
{
    /// <summary>The most items of a block.</summary>
    public const int MostItems = 1024;

    /// <summary>Bytes after which a block takes no more items.</summary>
    public const int FullBytes = 64 << 10;

    private byte[] _bytes = new byte[capacity];
    private int[] _ends = new int[4];

    /// <summary>The index of its first item in the call's input.</summary>
    public long FirstIndex { get; } = firstIndex;

    /// <summary>The number of its items.</summary>
    public int Count { get; private set; }

    /// <summary>How often its items were begun by a worker that died. More than 0 only for a block of one item.</summary>
    public int Attempts { get; init; }

    /// <summary>The bytes of its items.</summary>
    public int Length => Count == 0 ? 0 : _ends[Count - 1];

    /// <summary>Whether it should take no more.</summary>
    public bool IsFull => Count >= MostItems || Length >= FullBytes;

    /// <summary>Adds an item.</summary>
    public void Add(ReadOnlySpan<byte> item)
    {
        int start = Length;
        int end = checked(start + item.Length);
        if (end > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(end, 2L * _bytes.Length)));
        }

        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * Count);
        }

        item.CopyTo(_bytes.AsSpan(start));
        _ends[Count++] = end;
    }

    /// <summary>Where an item begins.</summary>
    public int StartOf(int item) => item == 0 ? 0 : _ends[item - 1];

    /// <summary>The bytes of an item.</summary>
    public ReadOnlyMemory<byte> Item(int item) => _bytes.AsMemory(StartOf(item), _ends[item] - StartOf(item));

    /// <summary>The ends of some items.</summary>
    public ReadOnlySpan<int> Ends(int first, int count) => _ends.AsSpan(first, count);

    /// <summary>The bytes of some items.</summary>
    public ReadOnlySpan<byte> Bytes(int first, int count) => _bytes.AsSpan(StartOf(first), _ends[first + count - 1] - StartOf(first));
}

/// <summary>Some neighbours in a block.</summary>
/// <param name="Block">The block.</param>
/// <param name="First">Which item of it is the first.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct ItemRange(ItemBlock Block, int First, int Count)
{
    /// <summary>The index of the first in the call's input.</summary>
    public long FirstIndex => Block.FirstIndex + First;

    /// <summary>All but the first ones.</summary>
    public ItemRange Skip(int count) => new(Block, First + count, Count - count);

    /// <summary>The first ones.</summary>
    public ItemRange Take(int count) => new(Block, First, count);
}
