using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PSIpc.Core.Platforms.Windows;

/// <summary>A file handle; its lock is a byte range far past the end, which the kernel frees with the handle.</summary>
internal sealed unsafe partial class WindowsSharedFile(SafeFileHandle handle) : SharedFile
{
    private const uint FailImmediately = 1;
    private const uint ExclusiveLock = 2;
    private const uint PageReadOnly = 2;
    private const uint PageReadWrite = 4;
    private const uint MapWrite = 2;
    private const uint MapRead = 4;
    private const int FileStandardInfo = 1;

    public override long Length => RandomAccess.GetLength(handle);

    public override FileIdentity Identity
    {
        get
        {
            // BY_HANDLE_FILE_INFORMATION: volume serial number at 28, file index at 44.
            byte* information = stackalloc byte[52];
            Check(GetFileInformationByHandle(handle, information));
            ulong index = ((ulong)*(uint*)(information + 44) << 32) | *(uint*)(information + 48);
            return new FileIdentity(*(uint*)(information + 28), index);
        }
    }

    public override bool IsLinked
    {
        get
        {
            // FILE_STANDARD_INFO: number of links at 16, delete pending at 20.
            byte* information = stackalloc byte[24];
            Check(GetFileInformationByHandleEx(handle, FileStandardInfo, information, 24));
            return *(uint*)(information + 16) > 0 && information[20] == 0;
        }
    }

    public override bool TryLock(bool exclusive)
    {
        Overlapped at = LockRange();
        return LockFileEx(handle, FailImmediately | (exclusive ? ExclusiveLock : 0), 0, 1, 0, &at);
    }

    public override void LockShared()
    {
        Overlapped at = LockRange();
        Check(LockFileEx(handle, 0, 0, 1, 0, &at));
    }

    public override void Unlock()
    {
        Overlapped at = LockRange();
        _ = UnlockFileEx(handle, 0, 1, 0, &at);
    }

    public override void Write(ReadOnlySpan<byte> bytes) => RandomAccess.Write(handle, bytes, 0);

    public override int Read(Span<byte> bytes) => ReadWhole(handle, bytes);

    public override void Grow(long size)
    {
        try
        {
            RandomAccess.SetLength(handle, size);
        }
        catch (IOException e)
        {
            throw new IpcException(IpcErrorKind.OutOfMemory, Messages.SharedFileCannotGrow.With(size, e.Message), null, e);
        }
    }

    public override byte* Map(nuint size, bool readOnly)
    {
        using SafeFileHandle mapping = CreateFileMapping(handle, 0, readOnly ? PageReadOnly : PageReadWrite, 0, 0, 0);
        Check(!mapping.IsInvalid);
        byte* address = MapViewOfFile(mapping, readOnly ? MapRead : MapRead | MapWrite, 0, 0, size);
        Check(address != null);
        return address;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            handle.Dispose();
        }
    }

    private static Overlapped LockRange() => new() { OffsetHigh = 0x4000_0000 };

    private static void Check(bool succeeded)
    {
        if (!succeeded)
        {
            var cause = new Win32Exception(Marshal.GetLastPInvokeError());
            throw new IpcException(IpcErrorKind.OutOfMemory, Messages.SharedFileRefused.With(cause.Message), null, cause);
        }
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetFileInformationByHandle(SafeFileHandle file, byte* information);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetFileInformationByHandleEx(SafeFileHandle file, int kind, byte* information, uint size);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool LockFileEx(SafeFileHandle file, uint flags, uint reserved, uint low, uint high, Overlapped* at);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool UnlockFileEx(SafeFileHandle file, uint reserved, uint low, uint high, Overlapped* at);

    [LibraryImport("kernel32", EntryPoint = "CreateFileMappingW", SetLastError = true)]
    private static partial SafeFileHandle CreateFileMapping(SafeFileHandle file, nint security, uint protection, uint high, uint low, nint name);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial byte* MapViewOfFile(SafeFileHandle mapping, uint access, uint high, uint low, nuint size);

    [StructLayout(LayoutKind.Sequential)]
    private struct Overlapped
    {
        public nint Internal;
        public nint InternalHigh;
        public uint OffsetLow;
        public uint OffsetHigh;
        public nint Event;
    }
}
