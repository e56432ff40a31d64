using System.Runtime.InteropServices;
using PSIpc.Core.Platforms.Unix;

namespace PSIpc.Core.Platforms.Linux;

/// <summary>Files in <c>/dev/shm</c>, which is memory, or in the temporary folder where there is none.</summary>
internal sealed unsafe partial class LinuxFiles : UnixFiles
{
    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int Exclusive = 0x80;
    private const int CloseOnExec = 0x80000;
    private const uint OwnerOnly = 0x180; // 0600, whatever the umask is: one that takes the owner's rights away made files that nobody could open again
    private const int AtEmptyPath = 0x1000;
    private const int AtNoFollow = 0x100;
    private const int AtCurrentDirectory = -100;
    private const uint StatxBasic = 0x7ff;
    private const int StatxSize = 256;
    private const int FileTypeMask = 0xF000;
    private const int RegularFile = 0x8000;

    // O_NOFOLLOW is one of the few flags whose value depends on the processor.
    private static readonly int NoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    public override string DefaultDirectory { get; } = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    public override bool HasSecondNames => true;

    protected override int MapAnonymous => 0x20;

    protected override int OpenDescriptor(string path, bool create)
    {
        int descriptor = Open(path, ReadWrite | CloseOnExec | NoFollow | (create ? Create | Exclusive : 0), OwnerOnly);
        if (descriptor < 0 || !create || LibC.FChMod(descriptor, OwnerOnly) == 0)
        {
            return descriptor;
        }

        int error = Marshal.GetLastPInvokeError();
        _ = LibC.Close(descriptor);
        Unlink(path);
        Marshal.SetLastPInvokeError(error);
        return -1;
    }

    protected override int Reserve(int descriptor, long size)
    {
        int error;
        do
        {
            error = size == 0 ? 0 : PosixFAllocate(descriptor, 0, size);
        }
        while (error == LibC.ErrorInterrupted);

        return error;
    }

    protected override FileStatus Stat(int descriptor, string path)
    {
        byte* buffer = stackalloc byte[StatxSize];
        return Statx(descriptor, "", AtEmptyPath, StatxBasic, buffer) == 0
            ? ToStatus(buffer)
            : throw LibC.Error(Marshal.GetLastPInvokeError(), Messages.VerbInspect, path);
    }

    protected override FileStatus? TryStat(string path)
    {
        byte* buffer = stackalloc byte[StatxSize];
        return Statx(AtCurrentDirectory, path, AtNoFollow, StatxBasic, buffer) == 0 ? ToStatus(buffer) : null;
    }

    /// <summary>Reads struct statx of linux/stat.h, which is the same on every processor, unlike struct stat.</summary>
    private static FileStatus ToStatus(byte* buffer)
    {
        ulong device = ((ulong)*(uint*)(buffer + 136) << 32) | *(uint*)(buffer + 140);
        return new FileStatus(
            new FileIdentity(device, *(ulong*)(buffer + 32)),
            *(long*)(buffer + 40),
            Links: *(uint*)(buffer + 16),
            UserId: *(uint*)(buffer + 20),
            IsRegular: (*(ushort*)(buffer + 28) & FileTypeMask) == RegularFile);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFAllocate(int descriptor, long offset, long length);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, byte* buffer);
}
