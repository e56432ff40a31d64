using System.Collections;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>The environment of a pool's workers: the variables at the pool's creation, with which they start, and the changes since, which each call sends.</summary>
internal sealed class PoolEnvironment
{
    private readonly EnvironmentSnapshot _first = EnvironmentSnapshot.Now();
    private volatile Cached _cached;

    /// <summary>Captures the current variables.</summary>
    public PoolEnvironment() => _cached = new Cached(_first, []);

    /// <summary>The variables to set so that a worker started now begins as the pool's first workers did.</summary>
    public Hashtable ForNewWorker() => _first.ForNewProcess();

    /// <summary>The changes since the pool's creation in the form that <see cref="Read"/> takes; empty without changes.</summary>
    public byte[] Changes()
    {
        EnvironmentSnapshot now = EnvironmentSnapshot.Now();
        Cached cached = _cached;
        if (!ReferenceEquals(cached.Snapshot, now))
        {
            _cached = cached = new Cached(now, ToBytes(_first.ChangesTo(now)));
        }

        return cached.Bytes;
    }

    /// <summary>Reads the changes of <see cref="Changes"/>.</summary>
    public static IReadOnlyList<EnvironmentChange> Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return [];
        }

        var data = (object?[])Unwrap(IpcSerializers.Get(IpcSerializers.DefaultName).Deserialize(bytes))!;
        var changes = new EnvironmentChange[data.Length / 2];
        for (int i = 0; i < changes.Length; i++)
        {
            changes[i] = new EnvironmentChange((string)Unwrap(data[2 * i])!, (string?)Unwrap(data[(2 * i) + 1]));
        }

        return changes;
    }

    private static byte[] ToBytes(IReadOnlyList<EnvironmentChange> changes)
    {
        if (changes.Count == 0)
        {
            return [];
        }

        object?[] data = [.. changes.SelectMany(c => new object?[] { c.Name, c.Value })];
        return MessageBuffer.BytesOf(data);
    }

    private sealed record Cached(EnvironmentSnapshot Snapshot, byte[] Bytes);
}
