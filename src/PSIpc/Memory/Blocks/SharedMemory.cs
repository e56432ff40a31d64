using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Memory;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>A block of bytes that processes share: read and written as bytes, as values of any type at any place, as a stream, or as a C structure.</summary>
public sealed class SharedMemory : IIpcObject, ILockOwner
{
    private const long ReadOnlyPart = 1;

    private readonly DataBlock _block;
    private readonly Lazy<IpcLock> _lock;

    private SharedMemory(DataBlock block)
    {
        _block = block;
        _lock = new(() => IpcLock.PartOf(_block.Lock, Kind, this));
    }

    /// <inheritdoc/>
    public string Name
    {
        get
        {
            OpenObjects.Keep(this);
            return _block.Name;
        }
    }

    string IIpcObject.ShownName => _block.Name;

    /// <inheritdoc/>
    public ObjectKind Kind => ObjectKind.Memory;

    /// <summary>Bytes.</summary>
    public long Size => _block.Size;

    /// <summary>Whether this object cannot write.</summary>
    public bool IsReadOnly => _block.IsReadOnly;

    /// <summary>Whether it stays when the last process leaves it.</summary>
    public bool IsPersistent => _block.IsPersistent;

    /// <summary>Where the first byte is in the file, for Python's <c>SharedMemory(name).buf</c>.</summary>
    public long DataOffset => _block.DataOffset;

    /// <summary>Its own lock, which Use-IpcLock takes too. The bytes can be read and written without it.</summary>
    public IpcLock Lock => _lock.Value;

    /// <inheritdoc/>
    public bool IsRemoved => _block.IsRemoved;

    /// <inheritdoc/>
    public IpcReference Reference => new(Kind, Name, _block.Directory.FullPath, IsReadOnly ? ReadOnlyPart : 0);

    internal static NamedObjects<SharedMemory> Named { get; } = new(ObjectKind.Memory, "shared memory", static name => Open(name));

    /// <summary>Makes a block, all bytes 0.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="openExisting">Whether to open the block of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static SharedMemory Create(long size, string? name = null, bool persistent = false, bool openExisting = false) =>
        new(SharedBlock.Create(ObjectKind.Memory, new BlockLayout(ElementType.None, 1, [size]), name, persistent, openExisting: openExisting));

    /// <summary>Opens a block that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="readOnly">Whether to map it so that it cannot be written.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedMemory Open(string name, bool readOnly = false) => new(SharedBlock.Open(ObjectKind.Memory, name, readOnly));

    /// <summary>Opens memory that another program made.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="readOnly">Whether to map it so that it cannot be written.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public static SharedMemory OpenForeign(string name, bool readOnly = false) => new(ForeignBlock.Open(name, 0, readOnly));

    /// <summary>A copy of some bytes.</summary>
    /// <param name="at">The first one.</param>
    /// <param name="count">How many; all to the end if negative.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> beyond the end, or for more than a .NET array can have.</exception>
    public byte[] ReadBytes(long at = 0, long count = -1)
    {
        long wanted = count < 0 ? Size - at : count;
        if (wanted > Array.MaxLength)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.BytesTooManyForDotNet.With(wanted), _block.Name);
        }

        byte[] bytes = _block.AsReadOnlySpan(at, (int)wanted).ToArray();
        GC.KeepAlive(this);
        return bytes;
    }

    /// <summary>Writes bytes.</summary>
    /// <param name="at">Where the first one goes.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> when there is no room for all: none is written then; <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public void WriteBytes(long at, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        bytes.CopyTo(_block.AsSpan(at, bytes.Length));
        GC.KeepAlive(this);
    }

    /// <summary>The value of a type at a place: <c>$m.Read[int](8)</c>.</summary>
    /// <typeparam name="T">A numeric type, Boolean or Char.</typeparam>
    /// <param name="at">Its first byte.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> beyond the end, or for another type.</exception>
    public T Read<T>(long at) => (T)Read(typeof(T), at);

    /// <summary>Writes a value of a type at a place: <c>$m.Write[int](8, 42)</c>.</summary>
    /// <typeparam name="T">A numeric type, Boolean or Char.</typeparam>
    /// <param name="at">Its first byte.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="IpcException">As <see cref="Read{T}"/>; <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public void Write<T>(long at, T value) => Write(typeof(T), at, value);

    /// <summary>The value of a type at a place; of a C structure, a view whose properties are the members in memory.</summary>
    /// <param name="type">A name such as Int32, a .NET type, or a layout of New-CStruct.</param>
    /// <param name="at">Its first byte.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public object Read(object type, long at)
    {
        object value = AccessOf(type).Get(_block, at);
        GC.KeepAlive(this);
        return value;
    }

    /// <summary>Writes a value of a type at a place.</summary>
    /// <param name="type">A name such as Int32, a .NET type, or a layout of New-CStruct.</param>
    /// <param name="at">Its first byte.</param>
    /// <param name="value">The value; of a C structure, a hashtable or an object with its members.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>, <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public void Write(object type, long at, object? value)
    {
        _block.ThrowIfReadOnly();
        AccessOf(type).Set(_block, at, value);
        GC.KeepAlive(this);
    }

    /// <summary>A C structure in the block as an object: its properties are the members in memory, to read and to set.</summary>
    /// <param name="layout">What New-CStruct made, its name, or C text.</param>
    /// <param name="at">Its first byte.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, <see cref="IpcErrorKind.InvalidDeclaration"/>, <see cref="IpcErrorKind.InvalidArgument"/> beyond the end.</exception>
    public PSObject View(object layout, long at = 0)
    {
        CStruct structure = CStructArgument.Resolve(layout);
        return StructView.Create(_block, at, structure.Type, structure.IsBigEndian);
    }

    /// <summary>The block as a stream of fixed length, at its beginning. Each has a place of its own.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public Stream OpenStream()
    {
        _block.ThrowIfDisposed();
        return new BlockStream(_block);
    }

    /// <summary>The bytes in memory, for C#. The caller keeps this object reachable and undisposed while it uses them.</summary>
    /// <param name="at">The first one.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.PermissionDenied"/> when it was opened read-only.</exception>
    public Span<byte> AsSpan(long at, int count) => _block.AsSpan(at, count);

    /// <inheritdoc/>
    public IpcReference PassOn() => _block is SharedBlock
        ? Reference
        : throw new IpcException(IpcErrorKind.NotSupported, Messages.ForeignMemoryDoesNotTravel.With(_block.Name), _block.Name);

    /// <inheritdoc/>
    public void Remove(CancellationToken cancellation = default) => _block.Remove();

    /// <summary>Lets go of it in this process.</summary>
    public void Dispose()
    {
        OpenObjects.Forget(this);
        _block.Dispose();
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    internal static SharedMemory Open(IpcReference reference) =>
        new(SharedBlock.Open(ObjectKind.Memory, reference.Name, (reference.Part & ReadOnlyPart) != 0, IpcDirectory.At(reference.Directory)));

    private static ElementAccess AccessOf(object type) => ElementAccess.Of(ElementTypeArgument.Layout(type, [1]));
}
