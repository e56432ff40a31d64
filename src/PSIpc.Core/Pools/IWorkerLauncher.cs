namespace PSIpc.Core.Pools;

/// <summary>Starts worker processes.</summary>
internal interface IWorkerLauncher
{
    /// <summary>Starts a process that serves a link.</summary>
    /// <param name="link">The name of the link.</param>
    /// <param name="id">The id of the link.</param>
    /// <exception cref="IpcException">There is no program to start.</exception>
    IWorkerProcess Start(string link, Guid id);
}

/// <summary>A worker process as the pool sees it.</summary>
internal interface IWorkerProcess : IDisposable
{
    /// <summary>The process id.</summary>
    int Id { get; }

    /// <summary>Has something called, on any thread, when the process and the programs that it started have ended; at once if they have.</summary>
    void OnExit(Action callback);

    /// <summary>Kills the process and the programs that it has started.</summary>
    void Kill();

    /// <summary>How the process ended.</summary>
    /// <param name="noted">The exit code that it noted itself; null if it did not, but died.</param>
    WorkerDeath EndOf(int? noted);
}

/// <summary>How a worker process ended.</summary>
/// <param name="ProcessId">Its process id.</param>
/// <param name="ExitCode">The exit code; 128 and the signal's number for a signal.</param>
/// <param name="Signal">The signal's name, or null.</param>
/// <param name="What">A clause for messages, such as <c>was killed by SIGKILL</c>.</param>
/// <param name="LastWords">The end of what it wrote to its standard error.</param>
internal sealed record WorkerDeath(int ProcessId, int ExitCode, string? Signal, string What, string LastWords);
