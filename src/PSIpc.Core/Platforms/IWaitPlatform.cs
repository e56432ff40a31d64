namespace PSIpc.Core.Platforms;

/// <summary>Sleeping on a word of shared memory until another process wakes the sleepers.</summary>
internal unsafe interface IWaitPlatform
{
    /// <summary>
    /// Sleeps while the word still holds the expected value. Returns when woken, when the value differs, after the time, or for no
    /// reason at all: callers look again.
    /// </summary>
    /// <param name="word">An aligned word in shared memory.</param>
    /// <param name="expected">The value that the caller saw.</param>
    /// <param name="milliseconds">The longest sleep; -1 for no limit.</param>
    void Wait(uint* word, uint expected, int milliseconds);

    /// <summary>Wakes one sleeper of the word, or all.</summary>
    void Wake(uint* word, bool all);
}
