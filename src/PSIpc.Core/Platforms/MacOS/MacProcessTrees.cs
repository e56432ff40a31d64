using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using PSIpc.Core.Platforms.Unix;

namespace PSIpc.Core.Platforms.MacOS;

/// <summary>
/// Trees of processes by process groups: each root leads a group, to which what it starts belongs. macOS shows the environment of its own programs to nobody, so a program that leaves the group,
/// as a daemon does, is not found.
/// </summary>
[SupportedOSPlatform("macos")]
internal sealed unsafe partial class MacProcessTrees : IProcessTreePlatform
{
    private const uint ProcessGroupOnly = 2; // PROC_PGRP_ONLY of sys/proc_info.h
    private const int MaxRounds = 200;

    // For good: a group that is not the terminal's is stopped by these when it reads the terminal or changes it.
    private static PosixSignalRegistration[] _terminalSignals = [];

    public void BecomeRoot()
    {
        _terminalSignals = [PosixSignalRegistration.Create(PosixSignal.SIGTTIN, static c => c.Cancel = true), PosixSignalRegistration.Create(PosixSignal.SIGTTOU, static c => c.Cancel = true)];
        _ = SetProcessGroup(0, 0);
    }

    public Process StartOutside(Func<Process> start) => start(); // It leads a session of its own.

    public void Kill(Process root, Guid tree) => root.Kill(); // The rest of its group follows when it has ended.

    public void KillRest(int root, Guid tree)
    {
        // The number of a group is not used for a process as long as the group has one. So if a process has it again, the group had ended.
        bool isOver = root != Environment.ProcessId && (LibC.Kill(root, 0) == 0 || Marshal.GetLastPInvokeError() != LibC.ErrorNoProcess);
        if (root <= 0 || isOver)
        {
            return;
        }

        for (int round = 0; round < MaxRounds && KillGroup(root); round++)
        {
            Thread.Sleep(1);
        }
    }

    private static bool KillGroup(int group)
    {
        Span<int> processes = stackalloc int[1024];
        int bytes;
        fixed (int* buffer = processes)
        {
            bytes = ListProcesses(ProcessGroupOnly, (uint)group, buffer, processes.Length * sizeof(int));
        }

        bool found = false;
        foreach (int process in processes[..Math.Clamp(bytes / sizeof(int), 0, processes.Length)])
        {
            if (process > 0 && process != Environment.ProcessId)
            {
                found = true;
                _ = LibC.Kill(process, LibC.SignalKill);
            }
        }

        return found;
    }

    [LibraryImport("libc", EntryPoint = "setpgid")]
    private static partial int SetProcessGroup(int process, int group);

    [LibraryImport("libproc", EntryPoint = "proc_listpids")]
    private static partial int ListProcesses(uint type, uint value, int* buffer, int size);
}
