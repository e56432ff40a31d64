using PSIpc.Core.Waiting;

namespace PSIpc.Core.Segments;

/// <summary>Sleeps until there may be an object of a name, or of a pattern of names, in a folder or on a server.</summary>
/// <remarks>
/// The system reports new names in a folder (<see cref="FileSystemWatcher"/>: inotify on Linux), so a process that waits for hours costs nothing. Reports can be lost, are not available everywhere,
/// and do not tell that another program's file has its bytes: so every wait ends after a pause as well, which doubles from 1 ms to 1 second, or to 50 ms where there are no reports. A caller
/// looks for the object after each wait.
/// </remarks>
internal sealed class NameWatch : IDisposable
{
    private const int MaxPauseWithReports = 1000;
    private const int MaxPauseWithoutReports = 50;

    private readonly AutoResetEvent _reported = new(false);
    private readonly FileSystemWatcher? _watcher;
    private readonly int _maxPause;
    private int _pause;

    private NameWatch(FileSystemWatcher? watcher, int firstPause, int maxPause)
    {
        _watcher = watcher;
        _pause = firstPause;
        _maxPause = maxPause;
    }

    /// <summary>Watches a folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="kind">The kind of objects.</param>
    /// <param name="pattern">A name, or a wildcard.</param>
    public static NameWatch Of(IpcDirectory directory, ObjectKind kind, string pattern)
    {
        bool isName = IpcName.IsValid(pattern);
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(directory.FullPath) { NotifyFilter = NotifyFilters.FileName };
            watcher.Filters.Add(Path.GetFileName(directory.PathOf(kind, isName ? pattern : "*")));
            if (isName && SecondName.HasOne(kind))
            {
                watcher.Filters.Add(pattern); // by which other programs make memory
            }

            var watch = new NameWatch(watcher, firstPause: 1, MaxPauseWithReports);
            watcher.Created += (_, _) => watch._reported.Set();
            watcher.Renamed += (_, _) => watch._reported.Set();
            watcher.Error += (_, _) => watch._reported.Set();
            watcher.EnableRaisingEvents = true;
            return watch;
        }
        catch (Exception e) when (e is IOException or ArgumentException or PlatformNotSupportedException)
        {
            // Too many watches of this user, or the folder went.
            watcher?.Dispose();
            return new NameWatch(null, firstPause: 1, MaxPauseWithoutReports);
        }
    }

    /// <summary>Watches what reports nothing.</summary>
    /// <param name="firstPause">The first pause in milliseconds.</param>
    /// <param name="maxPause">The longest pause in milliseconds.</param>
    public static NameWatch Polling(int firstPause, int maxPause) => new(null, firstPause, maxPause);

    /// <summary>Sleeps until it is worth to look again, or the deadline.</summary>
    /// <param name="deadline">The end of the wait.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    public void Wait(Deadline deadline, CancellationToken cancellation)
    {
        int ended = WaitHandle.WaitAny([_reported, cancellation.WaitHandle], deadline.Milliseconds(_pause));
        cancellation.ThrowIfCancellationRequested();
        _pause = ended == 0 ? 1 : Math.Min(_pause * 2, _maxPause);
    }

    /// <inheritdoc/>
    public void Dispose() => _watcher?.Dispose(); // The event stays: a report that is under way may still set it.
}
