using System.Runtime.InteropServices;

namespace PSIpc.Core.Platforms.Unix;

/// <summary>
/// Files of Unix systems. A file is made under a temporary name and published by <c>link</c>, which is atomic and refuses a name that is
/// taken: nobody ever opens one that is half made.
/// </summary>
internal abstract unsafe class UnixFiles : IFilePlatform
{
    public abstract string DefaultDirectory { get; }

    /// <summary>MAP_ANONYMOUS of this system.</summary>
    protected abstract int MapAnonymous { get; }

    public SharedFile CreateNew(string path, long size)
    {
        int descriptor = OpenDescriptor(path, create: true);
        if (descriptor < 0)
        {
            throw LibC.Error(Marshal.GetLastPInvokeError(), Messages.VerbCreate, path);
        }

        int error = Reserve(descriptor, size);
        if (error == 0)
        {
            return new UnixSharedFile(descriptor, path, Stat, Reserve);
        }

        _ = LibC.Close(descriptor);
        Unlink(path);
        throw LibC.Error(error, Messages.VerbReserve.With(size), path);
    }

    public SharedFile? Open(string path)
    {
        int descriptor = OpenDescriptor(path, create: false);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            return error == LibC.ErrorNoEntry ? null : throw LibC.Error(error, Messages.VerbOpen, path);
        }

        var file = new UnixSharedFile(descriptor, path, Stat, Reserve);
        FileStatus status = file.Status();
        if (status.IsRegular && status.UserId == LibC.GetEffectiveUserId())
        {
            return file;
        }

        file.Dispose();
        throw LibC.Error(LibC.ErrorAccess, Messages.VerbOpen, path);
    }

    public bool IsOwn(string path) => TryStat(path) is { IsRegular: true } status && status.UserId == LibC.GetEffectiveUserId();

    /// <summary>Whether the names of files in the folder are those by which <c>shm_open</c> finds shared memory.</summary>
    public virtual bool HasSecondNames => false;

    public bool TryPublish(string temporaryPath, string path)
    {
        if (TryLink(temporaryPath, path))
        {
            Unlink(temporaryPath);
            return true;
        }

        return false;
    }

    public bool TryLink(string path, string secondPath)
    {
        if (LibC.Link(path, secondPath) == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error == LibC.ErrorExists ? false : throw LibC.Error(error, Messages.VerbPublish, secondPath);
    }

    public void Replace(string temporaryPath, string path)
    {
        if (LibC.Rename(temporaryPath, path) != 0)
        {
            throw LibC.Error(Marshal.GetLastPInvokeError(), Messages.VerbPublish, path);
        }
    }

    public void Unlink(string path) => _ = LibC.Unlink(path);

    public void Retire(byte* address, nuint size) =>
        LibC.MMap(address, size, LibC.ProtectRead | LibC.ProtectWrite, LibC.MapPrivate | LibC.MapFixed | MapAnonymous, -1, 0);

    public void Unmap(byte* address, nuint size) => _ = LibC.MUnmap(address, size);

    /// <summary>Opens or exclusively creates (mode 0600); -1 with the error number set on failure.</summary>
    protected abstract int OpenDescriptor(string path, bool create);

    /// <summary>Gives the file its size and all its memory now; returns 0 or an error number.</summary>
    protected abstract int Reserve(int descriptor, long size);

    /// <summary>The status of an open file.</summary>
    protected abstract FileStatus Stat(int descriptor, string path);

    /// <summary>The status of a path, without following a symbolic link; null when there is no such file.</summary>
    protected abstract FileStatus? TryStat(string path);
}
