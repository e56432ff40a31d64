using PSIpc.Core.Platforms;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;

namespace PSIpc.Core.Memory;

/// <summary>Shared memory that another program made, such as Python's <c>SharedMemory</c>: bytes without a header, a lock or a note of who uses them.</summary>
public sealed unsafe class ForeignBlock : DataBlock
{
    private readonly FileIdentity _identity;
    private readonly Mapping _mapping;
    private int _disposed;

    private ForeignBlock(string name, IpcDirectory directory, SharedFile file, long offset, bool readOnly)
        : base(name, directory, readOnly)
    {
        _identity = file.Identity;
        long length = file.Length;
        _mapping = new Mapping(file.Map((nuint)length, readOnly), (nuint)length);
        DataOffset = offset;
        Address = _mapping.Base + offset;
        Size = length - offset;
    }

    /// <inheritdoc/>
    public override long DataOffset { get; }

    /// <inheritdoc/>
    public override bool IsRemoved => IsDisposed;

    /// <inheritdoc/>
    public override bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>True: nobody notes who uses it.</summary>
    public override bool IsPersistent => true;

    /// <inheritdoc/>
    public override SharedLock Lock => throw new IpcException(
        IpcErrorKind.NotSupported, Messages.ForeignBlockHasNoLock.With(Name), Name);

    /// <summary>Opens one by the name that its maker gave it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="offset">Where the bytes begin that are meant.</param>
    /// <param name="readOnly">Whether to map it so that it cannot be written.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, <see cref="IpcErrorKind.PermissionDenied"/>, or <see cref="IpcErrorKind.InvalidArgument"/> for an offset beyond its end.</exception>
    public static ForeignBlock Open(string name, long offset = 0, bool readOnly = false, IpcDirectory? directory = null)
    {
        IpcDirectory folder = directory ?? IpcDirectory.Default;
        using SharedFile? file = Platform.Files.HasSecondNames ? Platform.Files.Open(SecondName.PathOf(folder, SecondName.Check(name))) : null;
        if (file is not { Length: > 0 } || SecondName.IsInTransition(folder, file, name)) // One without bytes is being made.
        {
            throw new IpcException(IpcErrorKind.NotFound, Messages.SharedMemoryNotFound.With(name), name);
        }

        long length = file.Length;
        return offset >= 0 && offset < length
            ? new(name, folder, file, offset, readOnly)
            : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.OffsetNotInBlock.With(name, length, offset), name);
    }

    /// <summary>Takes its name away, if it is still its own.</summary>
    public override void Remove()
    {
        string path = SecondName.PathOf(Directory, Name);
        if (Segment.IsNamed(path, _identity))
        {
            Platform.Files.Unlink(path);
        }
    }

    private protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _mapping.Retire();
        }
    }
}
