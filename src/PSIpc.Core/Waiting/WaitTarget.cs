namespace PSIpc.Core.Waiting;

/// <summary>A word to sleep on: its address, what it held when the condition was looked at, and whether to look again soon.</summary>
internal readonly unsafe struct WaitTarget(uint* word, uint expected, bool guarded)
{
    /// <summary>The word; null for none, where the waiter is woken in another way.</summary>
    public uint* Word { get; } = word;

    /// <summary>What it held.</summary>
    public uint Expected { get; } = expected;

    /// <summary>Whether the lock was held whose holder could be killed between a change and its wake.</summary>
    public bool Guarded { get; } = guarded;
}
