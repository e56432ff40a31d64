using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using PSIpc.Core.Platforms.Unix;

namespace PSIpc.Core.Platforms.MacOS;

/// <summary>Files in the user's temporary folder: macOS has no file system of memory.</summary>
[SupportedOSPlatform("macos")]
internal sealed unsafe partial class MacFiles : UnixFiles
{
    private const int ReadWrite = 2;
    private const int NoFollow = 0x100;
    private const int CloseOnExec = 0x1000000;
    private const int FileTypeMask = 0xF000;
    private const int RegularFile = 0x8000;
    private const int StatSize = 256;

    public override string DefaultDirectory => Path.GetTempPath();

    protected override int MapAnonymous => 0x1000;

    protected override int OpenDescriptor(string path, bool create)
    {
        if (!create)
        {
            return Open(path, ReadWrite | CloseOnExec | NoFollow);
        }

        try
        {
            // open(2) takes the mode of a new file as a variadic argument, which a fixed signature cannot pass on Apple silicon; the framework's own opening can. It takes a
            // lock on the file, which fails where somebody has one: nobody has one of a new file.
            using SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            int descriptor = Duplicate((int)handle.DangerousGetHandle());
            _ = LibC.FLock(descriptor, LibC.LockRelease);
            return descriptor;
        }
        catch (FileNotFoundException)
        {
            Marshal.SetLastPInvokeError(LibC.ErrorNoEntry);
        }
        catch (UnauthorizedAccessException)
        {
            Marshal.SetLastPInvokeError(LibC.ErrorAccess);
        }
        catch (IOException)
        {
            Marshal.SetLastPInvokeError(File.Exists(path) ? LibC.ErrorExists : LibC.ErrorNoSpace);
        }

        return -1;
    }

    protected override int Reserve(int descriptor, long size)
    {
        // From where the file ends: one that grows keeps what it has. Writing is what reserves on every file system here; F_PREALLOCATE is behind the variadic fcntl.
        using var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        byte[] zeros = new byte[(int)Math.Min(size, 1 << 20)];
        try
        {
            for (long at = RandomAccess.GetLength(handle); at < size; at += zeros.Length)
            {
                RandomAccess.Write(handle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, size - at)), at);
            }

            return 0;
        }
        catch (IOException)
        {
            return LibC.ErrorNoSpace;
        }
    }

    protected override FileStatus Stat(int descriptor, string path)
    {
        byte* buffer = stackalloc byte[StatSize];
        int result = RuntimeInformation.ProcessArchitecture == Architecture.X64
            ? FStatInode64(descriptor, buffer)
            : FStat(descriptor, buffer);
        return result == 0 ? ToStatus(buffer) : throw LibC.Error(Marshal.GetLastPInvokeError(), Messages.VerbInspect, path);
    }

    protected override FileStatus? TryStat(string path)
    {
        byte* buffer = stackalloc byte[StatSize];
        int result = RuntimeInformation.ProcessArchitecture == Architecture.X64
            ? LStatInode64(path, buffer)
            : LStat(path, buffer);
        return result == 0 ? ToStatus(buffer) : null;
    }

    /// <summary>Reads struct stat with 64-bit inode numbers, sys/stat.h.</summary>
    private static FileStatus ToStatus(byte* buffer) => new(
        new FileIdentity(*(uint*)buffer, *(ulong*)(buffer + 8)),
        *(long*)(buffer + 96),
        Links: *(ushort*)(buffer + 6),
        UserId: *(uint*)(buffer + 16),
        IsRegular: (*(ushort*)(buffer + 4) & FileTypeMask) == RegularFile);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    private static partial int FStat(int descriptor, byte* buffer);

    [LibraryImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    private static partial int FStatInode64(int descriptor, byte* buffer);

    [LibraryImport("libc", EntryPoint = "lstat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LStat(string path, byte* buffer);

    [LibraryImport("libc", EntryPoint = "lstat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LStatInode64(string path, byte* buffer);
}
