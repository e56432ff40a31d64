using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;

namespace PSIpc.Core.Memory;

/// <summary>Bytes that processes share: those of an array or a block of memory of this module (<see cref="SharedBlock"/>), or of another program (<see cref="ForeignBlock"/>).</summary>
/// <remarks>
/// The address stays valid as long as this object is reachable, also when it is disposed: then there are zeros behind it. Elements at addresses that are multiples of their
/// size, of 8 bytes at most, are never seen half written; nothing else is promised to readers and writers that do not use <see cref="Lock"/>.
/// </remarks>
public abstract unsafe class DataBlock : IDisposable
{
    private protected DataBlock(string name, IpcDirectory directory, bool isReadOnly)
    {
        Name = name;
        Directory = directory;
        IsReadOnly = isReadOnly;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The folder that it is in.</summary>
    public IpcDirectory Directory { get; }

    /// <summary>Whether this handle cannot write. The memory itself is mapped so.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Bytes.</summary>
    public long Size { get; private protected set; }

    /// <summary>Where they begin in the file.</summary>
    public abstract long DataOffset { get; }

    /// <summary>Whether it was removed, or this handle disposed.</summary>
    public abstract bool IsRemoved { get; }

    /// <summary>Whether this handle was disposed.</summary>
    public abstract bool IsDisposed { get; }

    /// <summary>Whether it stays when the last process leaves it.</summary>
    public abstract bool IsPersistent { get; }

    /// <summary>Its own lock, which nobody has to use. A handle that holds it can take it again.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/> for one of another program.</exception>
    public abstract SharedLock Lock { get; }

    /// <summary>Where its bytes are in this process.</summary>
    internal byte* Address { get; private protected set; }

    /// <summary>Takes it away from all processes; who has it open keeps it until they let go.</summary>
    public abstract void Remove();

    /// <summary>The bytes from a place on, to read; the caller keeps this object reachable.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="count">How many; at most as many as a span has.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> beyond the end; <see cref="IpcErrorKind.Closed"/>.</exception>
    public ReadOnlySpan<byte> AsReadOnlySpan(long offset, int count) => new(At(offset, count), count);

    /// <summary>The bytes from a place on, to read and write; the caller keeps this object reachable.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="count">How many; at most as many as a span has.</param>
    /// <exception cref="IpcException">As <see cref="AsReadOnlySpan"/>; <see cref="IpcErrorKind.PermissionDenied"/> when it was opened read-only.</exception>
    public Span<byte> AsSpan(long offset, int count)
    {
        ThrowIfReadOnly();
        return new(At(offset, count), count);
    }

    /// <summary>Lets go of it in this process.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The address of some bytes that are there.</summary>
    internal byte* At(long offset, long count)
    {
        ThrowIfDisposed();
        return offset >= 0 && count >= 0 && offset <= Size - count
            ? Address + offset
            : throw new IpcException(
                IpcErrorKind.InvalidArgument, Messages.BytesNotInBlock.With(Name, Size, count, offset), Name);
    }

    /// <summary>Refuses to write where the memory is mapped for reading: the processor would end the process.</summary>
    internal void ThrowIfReadOnly()
    {
        if (IsReadOnly)
        {
            throw new IpcException(IpcErrorKind.PermissionDenied, Messages.BlockReadOnly.With(Name), Name);
        }
    }

    /// <summary>Refuses a handle that was disposed.</summary>
    internal void ThrowIfDisposed()
    {
        if (IsDisposed)
        {
            throw new IpcException(IpcErrorKind.Closed, Messages.BlockRemovedOrDisposed.With(Name), Name);
        }
    }

    /// <summary>Lets go of it.</summary>
    /// <param name="disposing">Whether somebody disposes it.</param>
    private protected abstract void Dispose(bool disposing);
}
