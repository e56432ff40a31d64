using System.Runtime.InteropServices;

namespace PSIpc.Core.Platforms.Linux;

/// <summary>
/// Sleep by futex, without the private flag so that it works between processes (futex(2)). The kernel compares the word and goes to sleep
/// in one step, so a wake between the caller's look and its sleep is never lost.
/// </summary>
internal sealed unsafe partial class LinuxWait : IWaitPlatform
{
    private const int FutexWait = 0;
    private const int FutexWake = 1;

    private static readonly nint FutexCall = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.X86 => 240,
        Architecture.Arm => 240,
        _ => 98, // the generic table: arm64, riscv64, loongarch64
    };

    public void Wait(uint* word, uint expected, int milliseconds)
    {
        if (milliseconds < 0)
        {
            _ = SysCall(FutexCall, word, FutexWait, expected, null);
            return;
        }

        var time = new TimeSpec { Seconds = milliseconds / 1000, Nanoseconds = milliseconds % 1000 * 1_000_000 };
        _ = SysCall(FutexCall, word, FutexWait, expected, &time);
    }

    public void Wake(uint* word, bool all) => _ = SysCall(FutexCall, word, FutexWake, all ? int.MaxValue : 1u, null);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SysCall(nint number, uint* word, nint operation, nuint value, TimeSpec* timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
