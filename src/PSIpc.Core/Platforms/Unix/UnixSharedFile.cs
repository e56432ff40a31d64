using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PSIpc.Core.Platforms.Unix;

/// <summary>What a system's own stat call says of an open file.</summary>
internal readonly record struct FileStatus(FileIdentity Identity, long Length, uint Links, uint UserId, bool IsRegular);

/// <summary>A file descriptor; its lock is <c>flock</c>'s, which belongs to the open file and not to the process.</summary>
internal sealed unsafe class UnixSharedFile(int descriptor, string path, Func<int, string, FileStatus> stat, Func<int, long, int> reserve) : SharedFile
{
    private int _descriptor = descriptor;

    ~UnixSharedFile() => Dispose(false);

    public override long Length => Status().Length;

    public override FileIdentity Identity => Status().Identity;

    public override bool IsLinked => Status().Links > 0;

    public FileStatus Status() => stat(_descriptor, path);

    public override bool TryLock(bool exclusive) =>
        Lock((exclusive ? LibC.LockExclusive : LibC.LockShared) | LibC.LockNonBlocking);

    public override void LockShared()
    {
        if (!Lock(LibC.LockShared))
        {
            throw LibC.Error(Marshal.GetLastPInvokeError(), Messages.VerbLock, path);
        }
    }

    public override void Unlock() => Lock(LibC.LockRelease);

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        using var handle = new SafeFileHandle(_descriptor, ownsHandle: false);
        RandomAccess.Write(handle, bytes, 0);
    }

    public override int Read(Span<byte> bytes)
    {
        using var handle = new SafeFileHandle(_descriptor, ownsHandle: false);
        return ReadWhole(handle, bytes);
    }

    public override void Grow(long size)
    {
        int error = reserve(_descriptor, size);
        if (error != 0)
        {
            throw LibC.Error(error, Messages.VerbReserve.With(size), path);
        }
    }

    public override byte* Map(nuint size, bool readOnly)
    {
        int protection = readOnly ? LibC.ProtectRead : LibC.ProtectRead | LibC.ProtectWrite;
        void* address = LibC.MMap(null, size, protection, LibC.MapShared, _descriptor, 0);
        return address != LibC.MapFailed ? (byte*)address : throw LibC.Error(Marshal.GetLastPInvokeError(), Messages.VerbMap, path);
    }

    protected override void Dispose(bool disposing)
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            // A mapping keeps the open file alive, and with it the lock, until it is unmapped.
            _ = LibC.FLock(descriptor, LibC.LockRelease);
            _ = LibC.Close(descriptor);
        }
    }

    private bool Lock(int operation)
    {
        while (LibC.FLock(_descriptor, operation) != 0)
        {
            if (Marshal.GetLastPInvokeError() != LibC.ErrorInterrupted)
            {
                return false;
            }
        }

        return true;
    }
}
