using System.Runtime.InteropServices;

namespace PSIpc.Core.Platforms.MacOS;

/// <summary>Sleep by <c>__ulock_wait</c> in its shared form, the call under C++'s <c>std::atomic::wait</c> (bsd/sys/ulock.h of XNU).</summary>
internal sealed unsafe partial class MacWait : IWaitPlatform
{
    private const uint CompareAndWaitShared = 3;
    private const uint WakeAll = 0x100;

    public void Wait(uint* word, uint expected, int milliseconds)
    {
        // A time of 0 means for ever; the longest that fits is some 71 minutes, after which the caller looks again.
        uint microseconds = milliseconds < 0 ? 0 : (uint)Math.Clamp(milliseconds * 1000L, 1, uint.MaxValue);
        _ = ULockWait(CompareAndWaitShared, word, expected, microseconds);
    }

    public void Wake(uint* word, bool all) => _ = ULockWake(CompareAndWaitShared | (all ? WakeAll : 0), word, 0);

    [LibraryImport("libc", EntryPoint = "__ulock_wait")]
    private static partial int ULockWait(uint operation, void* address, ulong value, uint microseconds);

    [LibraryImport("libc", EntryPoint = "__ulock_wake")]
    private static partial int ULockWake(uint operation, void* address, ulong value);
}
