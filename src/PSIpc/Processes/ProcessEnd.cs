using System.Globalization;
using PSIpc.Core;

namespace PSIpc;

/// <summary>How a child process ended.</summary>
public enum IpcProcessEnd
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>Its script came to its end, or called <c>exit</c>.</summary>
    Exited,

    /// <summary>It was killed by a signal that somebody sent.</summary>
    Killed,

    /// <summary>It crashed: the runtime or native code broke down.</summary>
    Crashed,
}

/// <summary>What is known of the end of a child process.</summary>
/// <param name="End">How it ended.</param>
/// <param name="ExitCode">The exit code; 128 and the signal's number for a signal, as shells have it.</param>
/// <param name="Signal">The signal's name, or null.</param>
internal readonly record struct ProcessEnd(IpcProcessEnd End, int ExitCode, string? Signal)
{
    private const int SignalBase = 128;

    private static readonly Dictionary<int, string> Signals = new()
    {
        [1] = "SIGHUP",
        [2] = "SIGINT",
        [3] = "SIGQUIT",
        [4] = "SIGILL",
        [5] = "SIGTRAP",
        [6] = "SIGABRT",
        [7] = "SIGBUS",
        [8] = "SIGFPE",
        [9] = "SIGKILL",
        [11] = "SIGSEGV",
        [13] = "SIGPIPE",
        [15] = "SIGTERM",
        [24] = "SIGXCPU",
    };

    private static readonly HashSet<int> CrashSignals = [3, 4, 5, 6, 7, 8, 11];

    /// <summary>Tells an exit from a death: only a child that exits in order notes its code in shared memory.</summary>
    /// <param name="noted">The code that the child noted; null if it did not.</param>
    /// <param name="reported">The code that the operating system reports.</param>
    public static ProcessEnd From(int? noted, int reported)
    {
        int number = reported - SignalBase;
        if (noted is { } code)
        {
            return new ProcessEnd(IpcProcessEnd.Exited, code, null);
        }

        if (OperatingSystem.IsWindows() || number is <= 0 or > 64)
        {
            return new ProcessEnd(IpcProcessEnd.Crashed, reported, null);
        }

        string name = Signals.TryGetValue(number, out string? known) ? known : string.Create(CultureInfo.InvariantCulture, $"signal {number}");
        return new ProcessEnd(CrashSignals.Contains(number) ? IpcProcessEnd.Crashed : IpcProcessEnd.Killed, reported, name);
    }

    /// <summary>A clause for messages, such as <c>was killed by SIGKILL</c>.</summary>
    public override string ToString() => (End, Signal) switch
    {
        (IpcProcessEnd.Exited, _) => Messages.EndedWithCode.With(ExitCode),
        (IpcProcessEnd.Killed, _) => Messages.EndedKilledBy.With(Signal),
        (_, null) => Messages.EndedBeforeScript.With(ExitCode),
        _ => Messages.EndedByCrash.With(Signal),
    };
}
