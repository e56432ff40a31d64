using System.Runtime.InteropServices;

namespace PSIpc.Core.Platforms.Unix;

/// <summary>The C library calls that Linux and macOS share. All of them have fixed argument lists: Apple's ABI passes variadic ones differently.</summary>
internal static unsafe partial class LibC
{
    public const int LockShared = 1;
    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const int LockRelease = 8;

    public const int ProtectRead = 1;
    public const int ProtectWrite = 2;

    public const int MapShared = 1;
    public const int MapPrivate = 2;
    public const int MapFixed = 0x10;

    public const int ErrorPermission = 1;
    public const int ErrorNoEntry = 2;
    public const int ErrorNoProcess = 3;
    public const int ErrorInterrupted = 4;
    public const int ErrorAccess = 13;
    public const int ErrorExists = 17;
    public const int ErrorNoSpace = 28;
    public const int ErrorReadOnlyFileSystem = 30;

    public const int SignalKill = 9;

    public static readonly void* MapFailed = (void*)-1;

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int FLock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int FChMod(int descriptor, uint mode);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial void* MMap(void* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int MUnmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string existing, string path);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUserId();

    /// <summary>The exception for a failed call, by the error number of this thread's last one.</summary>
    public static IpcException Error(int error, string action, string path)
    {
        string reason = Marshal.GetPInvokeErrorMessage(error);
        string name = Path.GetFileName(path);
        return error switch
        {
            ErrorAccess or ErrorPermission or ErrorReadOnlyFileSystem => new IpcException(
                IpcErrorKind.PermissionDenied,
                Messages.FileAccessDenied.With(action, path, reason),
                name),
            ErrorExists => new IpcException(IpcErrorKind.AlreadyExists, Messages.FileExists.With(action, path), name),
            ErrorNoEntry => new IpcException(IpcErrorKind.NotFound, Messages.FileInvalid.With(action, path, reason), name),
            ErrorNoSpace => new IpcException(
                IpcErrorKind.OutOfMemory,
                Messages.FolderFull.With(action, path, Path.GetDirectoryName(path)),
                name),
            _ => new IpcException(IpcErrorKind.OutOfMemory, Messages.FileFailed.With(action, path, reason, error), name),
        };
    }
}
