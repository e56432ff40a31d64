using System.Diagnostics;

namespace PSIpc.Benchmarks;

/// <summary>One place in the chaos run: a process with a role, and another one after it was killed.</summary>
internal sealed class ChaosMember(RunFolder folder, ChaosGroup group, string role, bool counts, Func<int> nextId)
{
    private Process? _process;
    private Task? _reading;
    private volatile bool _hasReported;

    public string Role => role;

    /// <summary>How often it was killed.</summary>
    public int Kills { get; private set; }

    private bool IsSender => role is "send" or "publish";

    /// <summary>Starts a process.</summary>
    public void Start()
    {
        int id = nextId();
        _hasReported = false;
        Process process = folder.Start(role, group.Name, id);
        _process = process;
        _reading = Task.Factory.StartNew(
            () => (counts ? group : new ChaosGroup("")).ReadReports(process, IsSender ? id : null, () => _hasReported = true),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    /// <summary>Kills the process in the middle of its work, once it is at it; false when it does not get to it.</summary>
    public bool Kill(TimeSpan patience, int delay)
    {
        bool atWork = SpinWait.SpinUntil(() => _hasReported, patience);
        Thread.Sleep(delay);
        End();
        Kills++;
        return atWork;
    }

    /// <summary>Ends the process, and reads what it still reported.</summary>
    public void End()
    {
        _process!.Kill();
        _process.WaitForExit();
        _reading!.Wait();
        _process.Dispose();
    }

    /// <summary>Waits until the process has ended by itself; false when it does not.</summary>
    public bool WaitForEnd(TimeSpan patience) => _process!.WaitForExit(patience) && _reading!.Wait(patience);
}
