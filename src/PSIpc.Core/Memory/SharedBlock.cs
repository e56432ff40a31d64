using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;

namespace PSIpc.Core.Memory;

/// <summary>The bytes of an array or a block of memory of this module, in a file that Python's <c>SharedMemory(name)</c> opens too.</summary>
/// <remarks>The file (docs/protocol.md, "Array and memory"): the header, a page with the lock and what the elements are, then the data, which begins on a page of its own.</remarks>
public sealed unsafe class SharedBlock : DataBlock
{
    private readonly BlockObject _object;
    private readonly Mapping? _readOnly;
    private readonly Lazy<SharedLock> _lock;

    private SharedBlock(BlockObject block, bool readOnly)
        : base(block.Name, block.Directory, readOnly)
    {
        _object = block;
        _lock = new(() => SharedLock.PartOf(_object.Segment));
        try
        {
            _object.Segment.RequireBody(BlockLayout.HeaderSize);
            Layout = BlockLayout.Read(_object.Segment.Body, (long)_object.Segment.BodySize - BlockLayout.HeaderSize, _object.Segment.Kind, Name);
            Size = Layout.Bytes;
            _readOnly = readOnly ? new Mapping(_object.Segment.MapReadOnly(), _object.Segment.Size) : null;
            Address = (readOnly ? _readOnly!.Base + SegmentHeader.BodyOffset : _object.Segment.Body) + BlockLayout.HeaderSize;
        }
        catch
        {
            _object.Dispose();
            throw;
        }
    }

    /// <summary>What the bytes are.</summary>
    public BlockLayout Layout { get; }

    /// <summary>The identity that tells it from others that had its name before.</summary>
    public Guid Id => _object.Id;

    /// <inheritdoc/>
    public override long DataOffset => SegmentHeader.BodyOffset + BlockLayout.HeaderSize;

    /// <inheritdoc/>
    public override bool IsRemoved => _object.IsRemoved;

    /// <inheritdoc/>
    public override bool IsDisposed => _object.IsDisposed;

    /// <inheritdoc/>
    public override bool IsPersistent => _object.IsPersistent;

    /// <inheritdoc/>
    public override SharedLock Lock
    {
        get
        {
            ThrowIfDisposed();
            return _lock.Value;
        }
    }

    /// <summary>Makes one, all bytes 0 where nothing fills it.</summary>
    /// <param name="kind"><see cref="ObjectKind.Array"/> or <see cref="ObjectKind.Memory"/>.</param>
    /// <param name="layout">What the bytes are.</param>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="openExisting">Whether to open the one of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <param name="fill">Fills a new one, before any other process can open it. It keeps nothing of what it is given.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static SharedBlock Create(
        ObjectKind kind,
        BlockLayout layout,
        string? name = null,
        bool persistent = false,
        IpcDirectory? directory = null,
        bool openExisting = false,
        Action<DataBlock>? fill = null)
    {
        ArgumentNullException.ThrowIfNull(layout);
        return new(
            new BlockObject(Segment.Create(
                directory ?? IpcDirectory.Default,
                kind,
                SecondName.Check(name ?? IpcName.MakeUnique(kind == ObjectKind.Array ? "array" : "memory")),
                BlockLayout.HeaderSize + layout.Bytes,
                persistent,
                segment =>
                {
                    SharedLock.Initialize(segment.Body, recursive: true);
                    layout.Write(segment.Body);
                    fill?.Invoke(new BlockInTheMaking(segment, layout.Bytes));
                },
                openExisting)),
            readOnly: false);
    }

    /// <summary>Opens one that exists.</summary>
    /// <param name="kind"><see cref="ObjectKind.Array"/> or <see cref="ObjectKind.Memory"/>.</param>
    /// <param name="name">Its name.</param>
    /// <param name="readOnly">Whether to map it so that it cannot be written.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedBlock Open(ObjectKind kind, string name, bool readOnly = false, IpcDirectory? directory = null) =>
        new(BlockObject.Open(kind, name, directory), readOnly);

    /// <inheritdoc/>
    public override void Remove() => _object.Segment.Remove();

    private protected override void Dispose(bool disposing)
    {
        if (_lock.IsValueCreated)
        {
            _lock.Value.Dispose();
        }

        _object.Dispose();
        _readOnly?.Retire();
    }

    /// <summary>The bytes of a block that has no name yet: they are written, and nothing else.</summary>
    private sealed class BlockInTheMaking : DataBlock
    {
        private readonly Segment _segment;

        public BlockInTheMaking(Segment segment, long size)
            : base(segment.Name, segment.Directory, isReadOnly: false)
        {
            _segment = segment;
            Address = segment.Body + BlockLayout.HeaderSize;
            Size = size;
        }

        public override long DataOffset => SegmentHeader.BodyOffset + BlockLayout.HeaderSize;

        public override bool IsRemoved => false;

        public override bool IsDisposed => _segment.IsRetired;

        public override bool IsPersistent => _segment.IsPersistent;

        public override SharedLock Lock => throw new NotSupportedException();

        public override void Remove() => throw new NotSupportedException();

        private protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class BlockObject(Segment segment) : SharedObject(segment)
    {
        public static BlockObject Open(ObjectKind kind, string name, IpcDirectory? directory) =>
            new(OpenSegment(kind, kind == ObjectKind.Array ? "shared array" : "shared memory", name, directory));

        private protected override void Detach(bool disposing)
        {
        }
    }
}
