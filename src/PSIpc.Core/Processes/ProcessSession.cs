using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using PSIpc.Core.Platforms;

namespace PSIpc.Core.Processes;

/// <summary>What a child does to itself: become the root of its tree of programs, leave its parent's terminal, or end with its tree.</summary>
internal static partial class ProcessSession
{
    private const int KilledCode = 128 + 9;

    private static readonly TimeSpan MaxEndTime = TimeSpan.FromSeconds(1);

    // As the parent gave it, whatever the script does to the variable.
    private static readonly Guid Tree = Guid.TryParseExact(Environment.GetEnvironmentVariable(IProcessTreePlatform.Variable), "N", out Guid id) ? id : Guid.Empty;

    /// <summary>Makes this process the root of a tree, which ends with it. To be called before it starts any program.</summary>
    public static void BecomeRoot()
    {
        _ = Tree;
        Platform.ProcessTrees.BecomeRoot();
    }

    /// <summary>Makes this process the leader of a session of its own, so that the end of the terminal is not its end.</summary>
    public static void LeaveTerminal()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetSid();
        }
    }

    /// <summary>
    /// Ends this process, whatever its threads do, and the programs that it started: in order, whereby the runtime and PowerShell take away their files in the temporary folder, or by a kill when
    /// that takes longer than a second.
    /// </summary>
    /// <param name="stop">Asks what runs to stop, so that it starts no more programs; does not wait.</param>
    [SuppressMessage("Design", "CA1031", Justification = "The process ends in any case.")]
    public static void EndSelf(Action stop)
    {
        new Thread(static () =>
        {
            Thread.Sleep(MaxEndTime);
            KillPrograms();
            RuntimeFiles.Remove(Environment.ProcessId);
            Process.GetCurrentProcess().Kill();
        })
        {
            IsBackground = true,
            Name = "PSIpc end watch",
        }.Start();
        try
        {
            stop();
        }
        catch (Exception)
        {
            // It has just ended by itself.
        }

        KillPrograms();
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => KillPrograms(); // What was started until then.
        Environment.Exit(KilledCode);
    }

    private static void KillPrograms() => Platform.ProcessTrees.KillRest(Environment.ProcessId, Tree);

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSid();
}
