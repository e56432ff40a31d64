using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace PSIpc.Core.Platforms.Windows;

/// <summary>
/// Trees of processes by job objects: each root is in a job of its own and has the only handle of it, so the system ends all of the job when the root ends, however it does. What it starts is in
/// the job too.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe partial class WindowsProcessTrees : IProcessTreePlatform
{
    private const int ExtendedLimits = 9; // JobObjectExtendedLimitInformation
    private const uint KillOnClose = 0x2000;
    private const uint SilentBreakaway = 0x1000;

    private static readonly object Gate = new();

    private SafeFileHandle? _job;

    public void BecomeRoot()
    {
        var job = new SafeFileHandle(CreateJob(null, null), ownsHandle: true);
        if (!job.IsInvalid && SetLimits(job, KillOnClose) && AssignProcess(job, CurrentProcess()))
        {
            _job = job;
        }
        else
        {
            job.Dispose(); // Windows before 8 has no jobs within jobs.
        }
    }

    public Process StartOutside(Func<Process> start)
    {
        if (_job is not { } job)
        {
            return start();
        }

        lock (Gate)
        {
            SetLimits(job, KillOnClose | SilentBreakaway);
            try
            {
                return start();
            }
            finally
            {
                SetLimits(job, KillOnClose);
            }
        }
    }

    public void Kill(Process root, Guid tree) => root.Kill();

    public void KillRest(int root, Guid tree)
    {
        // The system has done so, or does when this process ends.
    }

    private static bool SetLimits(SafeFileHandle job, uint flags)
    {
        var limits = new Limits { Flags = flags };
        return SetInformation(job, ExtendedLimits, &limits, (uint)sizeof(Limits));
    }

    [LibraryImport("kernel32", EntryPoint = "CreateJobObjectW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint CreateJob(void* security, string? name);

    [LibraryImport("kernel32", EntryPoint = "SetInformationJobObject", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetInformation(SafeFileHandle job, int what, void* information, uint size);

    [LibraryImport("kernel32", EntryPoint = "AssignProcessToJobObject", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool AssignProcess(SafeFileHandle job, nint process);

    [LibraryImport("kernel32", EntryPoint = "GetCurrentProcess")]
    private static partial nint CurrentProcess();

    /// <summary>JOBOBJECT_EXTENDED_LIMIT_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Limits
    {
        public long ProcessTime;
        public long JobTime;
        public uint Flags;
        public nuint MinWorkingSet;
        public nuint MaxWorkingSet;
        public uint ActiveProcesses;
        public nuint Affinity;
        public uint Priority;
        public uint Scheduling;
        public fixed ulong IoCounters[6];
        public nuint ProcessMemory;
        public nuint JobMemory;
        public nuint PeakProcessMemory;
        public nuint PeakJobMemory;
    }
}
