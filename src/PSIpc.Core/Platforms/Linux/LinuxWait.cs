using System.Diagnostics;
using System.Runtime.InteropServices;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Platforms.Linux;

/// <summary>
/// Sleep by futex, without the private flag so that it works between processes (futex(2)). The kernel compares the word and goes to sleep
/// in one step, so a wake between the caller's look and its sleep is never lost.
/// </summary>
internal sealed unsafe partial class LinuxWait : IWaitPlatform
{
    private const int FutexWait = 0;
    private const int FutexWake = 1;
    private const uint Futex32 = 2;
    private const nint FutexWaitVCall = 449; // on all architectures
    private const nint ClockMonotonic = 1;
    private const int ErrorInvalid = 22;

    private static readonly nint FutexCall = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.X86 => 240,
        Architecture.Arm => 240,
        _ => 98, // the generic table: arm64, riscv64, loongarch64
    };

    private static readonly bool IsWaitvMissing = ProbeWaitvMissing();

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

    /// <summary>What futex_waitv(2) takes: FUTEX_WAITV_MAX of linux/futex.h; all words where it is not there and they are looked at instead.</summary>
    public int MostTargets => IsWaitvMissing ? int.MaxValue : 128;

    /// <summary>Sleeps by futex_waitv, which Linux has since 5.16.</summary>
    public void WaitAny(ReadOnlySpan<WaitTarget> targets, int milliseconds)
    {
        if (IsWaitvMissing)
        {
            IWaitPlatform.LookRepeatedly(targets, milliseconds);
            return;
        }

        Span<FutexWaiter> waiters = stackalloc FutexWaiter[targets.Length];
        for (int i = 0; i < targets.Length; i++)
        {
            waiters[i] = new FutexWaiter { Value = targets[i].Expected, Address = (ulong)targets[i].Word, Flags = Futex32 };
        }

        TimeSpec64 time = default;
        if (milliseconds >= 0)
        {
            // A moment on the monotonic clock, unlike futex's span of time.
            long end = Stopwatch.GetTimestamp() + (milliseconds * (Stopwatch.Frequency / 1000));
            time = new TimeSpec64 { Seconds = end / Stopwatch.Frequency, Nanoseconds = end % Stopwatch.Frequency * (1_000_000_000 / Stopwatch.Frequency) };
        }

        fixed (FutexWaiter* first = waiters)
        {
            _ = WaitV(FutexWaitVCall, first, (uint)waiters.Length, 0, milliseconds < 0 ? null : &time, ClockMonotonic);
        }
    }

    public void Wake(uint* word, bool all) => _ = SysCall(FutexCall, word, FutexWake, all ? int.MaxValue : 1u, null);

    /// <summary>Whether the kernel knows the call: it refuses an empty one as such (EINVAL), or as a call that is not there (ENOSYS).</summary>
    private static bool ProbeWaitvMissing() =>
        WaitV(FutexWaitVCall, null, 0, 0, null, ClockMonotonic) < 0 && Marshal.GetLastPInvokeError() != ErrorInvalid;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint WaitV(nint number, FutexWaiter* waiters, nuint count, nuint flags, TimeSpec64* end, nint clock);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SysCall(nint number, uint* word, nint operation, nuint value, TimeSpec* timeout);

    /// <summary>struct futex_waitv of linux/futex.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FutexWaiter
    {
        public ulong Value;
        public ulong Address;
        public uint Flags;
        public uint Reserved;
    }

    /// <summary>struct __kernel_timespec, the same on 32-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec64
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
