namespace PSIpc.Core.Platforms.Windows;

/// <summary>
/// Sleep for Windows, whose WaitOnAddress does not cross processes: a sleeper looks at the word, first often, then every few
/// milliseconds. It costs a little while idle; a wake is seen at most <see cref="LongestSlice"/> ms late.
/// </summary>
internal sealed unsafe class WindowsWait : IWaitPlatform
{
    private const int LongestSlice = 8;

    public void Wait(uint* word, uint expected, int milliseconds)
    {
        long end = milliseconds < 0 ? long.MaxValue : Environment.TickCount64 + milliseconds;
        for (int slice = 0; Volatile.Read(ref *word) == expected && Environment.TickCount64 < end; slice = Math.Min(slice + 1, LongestSlice))
        {
            Thread.Sleep(slice);
        }
    }

    public void Wake(uint* word, bool all)
    {
        // Whoever wakes has changed the word, or the sleeper's condition, before; the sleeper sees it at its next look.
    }
}
