using Microsoft.Win32.SafeHandles;

namespace PSIpc.Core.Platforms;

/// <summary>Tells two files apart that had the same name at different times.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Number);

/// <summary>
/// An open file that processes share. Its lock belongs to this handle; the kernel lets go of it when the handle is closed or its
/// process dies, however it dies, and never before.
/// </summary>
internal abstract class SharedFile : IDisposable
{
    /// <summary>The size in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Which file this is.</summary>
    public abstract FileIdentity Identity { get; }

    /// <summary>Whether the file still has a name.</summary>
    public abstract bool IsLinked { get; }

    /// <summary>Takes the lock if nobody is in the way.</summary>
    /// <param name="exclusive">Alone (true), or beside other shared holders (false).</param>
    public abstract bool TryLock(bool exclusive);

    /// <summary>Takes the shared lock, asleep in the kernel until no exclusive holder is left.</summary>
    /// <exception cref="IpcException">The system refuses, for lack of memory for one.</exception>
    public abstract void LockShared();

    /// <summary>Lets go of the lock.</summary>
    public abstract void Unlock();

    /// <summary>Writes bytes at the beginning of an empty file.</summary>
    /// <exception cref="IOException">The folder is full.</exception>
    public abstract void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Reads bytes from the beginning; returns how many there were.</summary>
    public abstract int Read(Span<byte> bytes);

    /// <summary>Makes the file longer, with all its bytes reserved; what it has stays.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.OutOfMemory"/>: it is as long as before.</exception>
    public abstract void Grow(long size);

    /// <summary>Maps the first bytes into memory.</summary>
    public abstract unsafe byte* Map(nuint size, bool readOnly);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads until all bytes are there or the file ends: the system may give a part at a time.</summary>
    protected static int ReadWhole(SafeFileHandle handle, Span<byte> bytes)
    {
        int read = 0;
        while (read < bytes.Length && RandomAccess.Read(handle, bytes[read..], read) is > 0 and int part)
        {
            read += part;
        }

        return read;
    }

    /// <summary>Closes the file, which lets go of the lock.</summary>
    protected abstract void Dispose(bool disposing);
}
