using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PSIpc.Core.Processes;

/// <summary>What a process does to itself: leave its parent's terminal, or end.</summary>
internal static partial class ProcessSession
{
    private const int SigKill = 9;
    private const int KilledCode = 128 + SigKill;

    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(1);

    /// <summary>Makes this process the leader of a session of its own, so that the end of the terminal is not its end.</summary>
    public static void LeaveTerminal()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetSid();
        }
    }

    /// <summary>
    /// Ends this process, whatever its threads do: in order, whereby the runtime and PowerShell take away their files in the temporary folder (a process that is
    /// killed leaves its diagnostics sockets there for good), or by a kill when that takes longer than a second.
    /// </summary>
    public static void EndSelf()
    {
        new Thread(static () =>
        {
            Thread.Sleep(LongestEnd);
            KillSelf();
        })
        {
            IsBackground = true,
            Name = "PSIpc end watch",
        }.Start();
        Environment.Exit(KilledCode);
    }

    private static void KillSelf()
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
