using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PSIpc.Core.Processes;

/// <summary>What a process does to itself: leave its parent's terminal, or end without delay.</summary>
internal static partial class ProcessSession
{
    private const int SigKill = 9;

    /// <summary>Makes this process the leader of a session of its own, so that the end of the terminal is not its end.</summary>
    public static void LeaveTerminal()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetSid();
        }
    }

    /// <summary>Ends this process at once, whatever its threads do.</summary>
    public static void KillSelf()
    {
        if (OperatingSystem.IsWindows())
        {
            Process.GetCurrentProcess().Kill();
        }
        else
        {
            _ = Kill(Environment.ProcessId, SigKill);
        }
    }

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
