using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Memory;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>
/// An array of numbers, Booleans, characters or C structures in memory that processes share, or a view of a part of one. It is the same memory in NumPy:
/// <c>numpy.ndarray(shape, dtype, buffer=SharedMemory(name).buf, offset=DataOffset)</c>.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "It is an array, as its name says.")]
public sealed partial class SharedArray : IIpcObject, ILockOwner, IEnumerable<object>
{
    private const long ReadOnlyPart = 1;

    private static readonly Lazy<IReductions> Reductions = new(DependencyLoadContext.CreateReductions);

    private readonly DataBlock _block;
    private readonly ElementAccess _access;
    private readonly ElementType _element;
    private readonly long[] _shape;
    private readonly long _offset;
    private readonly SharedArray? _whole;
    private readonly Lazy<IpcLock> _lock;

    private SharedArray(DataBlock block, BlockLayout layout)
        : this(block, layout.Element, ElementAccess.Of(layout), [.. layout.Shape], 0, null)
    {
    }

    private SharedArray(DataBlock block, ElementType element, ElementAccess access, long[] shape, long offset, SharedArray? whole)
    {
        _block = block;
        _element = element;
        _access = access;
        _shape = shape;
        _offset = offset;
        _whole = whole;
        Length = shape.Aggregate(1L, static (product, dimension) => product * dimension);
        _lock = whole?._lock ?? new(() => IpcLock.PartOf(_block.Lock, Kind, this));
    }

    /// <inheritdoc/>
    public string Name
    {
        get
        {
            OpenObjects.Keep(_whole ?? this);
            return _block.Name;
        }
    }

    string IIpcObject.ShownName => _block.Name;

    /// <inheritdoc/>
    public ObjectKind Kind => ObjectKind.Array;

    /// <summary>What the elements are: the name of a type, or the C structure.</summary>
    public object Type => (_access as StructAccess)?.Layout ?? (object)_element;

    /// <summary>All elements.</summary>
    public long Length { get; }

    /// <summary>Elements along each dimension; the last one varies fastest.</summary>
    public long[] Shape => [.. _shape];

    /// <summary>Dimensions.</summary>
    public int Rank => _shape.Length;

    /// <summary>Bytes of an element.</summary>
    public int ElementSize => _access.Size;

    /// <summary>Bytes of all elements.</summary>
    public long Size => Length * ElementSize;

    /// <summary>Whether this object cannot write.</summary>
    public bool IsReadOnly => _block.IsReadOnly;

    /// <summary>Whether it stays when the last process leaves it.</summary>
    public bool IsPersistent => _block.IsPersistent;

    /// <summary>Where the first element is in the file, for NumPy's <c>offset</c>.</summary>
    public long DataOffset => _block.DataOffset + _offset;

    /// <summary>NumPy's dtype of the elements, as text.</summary>
    public string NumPyDType => _access is StructAccess structure ? NumPyType.Of(structure.Layout) : $"'{ElementTypes.NumPyNameOf(_element)}'";

    /// <summary>Its own lock, which Use-IpcLock takes too. The elements can be read and written without it.</summary>
    public IpcLock Lock => _lock.Value;

    /// <summary>The first elements as a text, for tables.</summary>
    public string Head => ArrayText.HeadOf(this);

    /// <inheritdoc/>
    public bool IsRemoved => _block.IsRemoved;

    /// <inheritdoc/>
    public IpcReference Reference => new(Kind, Name, _block.Directory.FullPath, IsReadOnly ? ReadOnlyPart : 0);

    /// <summary>The elements as bytes, at most 2 GB; the caller keeps this object reachable and undisposed while it reads them.</summary>
    internal unsafe ReadOnlySpan<byte> Bytes => new(_block.At(_offset, Size), checked((int)Size));

    internal static NamedObjects<SharedArray> Named { get; } =
        new(ObjectKind.Array, "shared array", static name => Open(name));

    /// <summary>
    /// An element, by as many indices as there are dimensions, negative ones from the end; a view of a part, by fewer indices; of an array of one dimension also several
    /// elements, by several indices. Setting a part takes a value for all its elements, or as many values.
    /// </summary>
    /// <remarks>PowerShell turns the exception of a read into <c>$null</c>, as with its own arrays, unless Set-StrictMode is at version 3. <see cref="GetValue"/> always throws.</remarks>
    /// <param name="indices">The indices.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>, <see cref="IpcErrorKind.PermissionDenied"/>, <see cref="IpcErrorKind.Closed"/>.</exception>
    public object? this[params object[] indices]
    {
        get
        {
            object[] all = Flat(indices);
            return all.Length == Rank ? _access.Get(_block, OffsetOf(all))
                : Rank == 1 ? Array.ConvertAll(all, i => _access.Get(_block, OffsetOf([i])))
                : Part(all);
        }

        set
        {
            _block.ThrowIfReadOnly();
            object[] all = Flat(indices);
            if (all.Length == Rank)
            {
                _access.Set(_block, OffsetOf(all), value);
            }
            else
            {
                Part(all).Assign(value);
            }
        }
    }

    /// <summary>As the one of any number of indices: PowerShell finds an indexer by how many it has.</summary>
    /// <param name="index">The index, or several.</param>
    public object? this[object index]
    {
        get => this[[index]];
        set => this[[index]] = value;
    }

    /// <summary>As the one of any number of indices.</summary>
    /// <param name="row">The index along the first dimension.</param>
    /// <param name="column">Along the second.</param>
    public object? this[object row, object column]
    {
        get => this[[row, column]];
        set => this[[row, column]] = value;
    }

    /// <summary>As the one of any number of indices.</summary>
    /// <param name="first">The index along the first dimension.</param>
    /// <param name="second">Along the second.</param>
    /// <param name="third">Along the third.</param>
    public object? this[object first, object second, object third]
    {
        get => this[[first, second, third]];
        set => this[[first, second, third]] = value;
    }

    /// <summary>As the one of any number of indices; for more than four, PowerShell takes them as one list: <c>$a[(1, 2, 3, 4, 5)]</c>.</summary>
    /// <param name="first">The index along the first dimension.</param>
    /// <param name="second">Along the second.</param>
    /// <param name="third">Along the third.</param>
    /// <param name="fourth">Along the fourth.</param>
    public object? this[object first, object second, object third, object fourth]
    {
        get => this[[first, second, third, fourth]];
        set => this[[first, second, third, fourth]] = value;
    }

    /// <summary>Makes an array, all elements 0.</summary>
    /// <param name="type">The type of its elements: a name such as Double, a .NET type, or a layout of New-CStruct.</param>
    /// <param name="shape">Elements along each dimension.</param>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="openExisting">Whether to open the array of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, the type is unknown, or the shared memory is full.</exception>
    public static SharedArray Create(object type, long[] shape, string? name = null, bool persistent = false, bool openExisting = false) =>
        Create(type, shape, null, name, persistent, openExisting);

    /// <summary>Makes an array with values in it, which no other process sees without them.</summary>
    internal static SharedArray Create(object type, long[] shape, object? values, string? name, bool persistent, bool openExisting)
    {
        ArgumentNullException.ThrowIfNull(shape);
        CheckShape(shape);
        BlockLayout layout = ElementTypeArgument.Layout(type, shape);
        Action<DataBlock>? fill = values is null ? null : block => new SharedArray(block, layout).CopyFrom(values);
        return Of(SharedBlock.Create(ObjectKind.Array, layout, name, persistent, openExisting: openExisting, fill: fill));
    }

    /// <summary>Opens an array that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="readOnly">Whether to map it so that it cannot be written.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedArray Open(string name, bool readOnly = false) => Open(name, readOnly, null);

    /// <summary>Opens memory that another program made, or memory of this module that is not an array, as an array.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="shape">Elements along each dimension.</param>
    /// <param name="offset">Where the first element is in the file.</param>
    /// <param name="readOnly">Whether to map it so that it cannot be written.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>; <see cref="IpcErrorKind.InvalidArgument"/> when there are fewer bytes.</exception>
    public static SharedArray OpenForeign(string name, object type, long[] shape, long offset = 0, bool readOnly = false)
    {
        ArgumentNullException.ThrowIfNull(shape);
        CheckShape(shape);
        BlockLayout layout = ElementTypeArgument.Layout(type, shape);
        ForeignBlock block = ForeignBlock.Open(name, offset, readOnly);
        if (layout.Bytes <= block.Size)
        {
            return new(block, layout);
        }

        long size = block.Size;
        block.Dispose();
        throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ShapeLargerThanBlock.With(name, size, offset, string.Join(" x ", shape), layout.ElementSize, layout.Bytes), name);
    }

    /// <summary>An element by its index along all dimensions, for tight loops.</summary>
    /// <param name="index">From 0; negative ones from the end.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public object GetValue(long index) => _access.Get(_block, _offset + (Position(index, Length) * ElementSize));

    /// <summary>Sets an element by its index along all dimensions, for tight loops.</summary>
    /// <param name="index">From 0; negative ones from the end.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>, <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public void SetValue(long index, object? value) => _access.Set(_block, _offset + (Position(index, Length) * ElementSize), value);

    /// <summary>A view of a part: elements of the first dimension. What is written to it is written to the array.</summary>
    /// <param name="start">The first one; negative from the end.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> beyond the end.</exception>
    public SharedArray Slice(long start, long count)
    {
        long first = start < 0 ? start + _shape[0] : start;
        if (first < 0 || count < 0 || first > _shape[0] - count)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.SliceNotInArray.With(_block.Name, _shape[0], count, start), _block.Name);
        }

        long step = _shape[0] == 0 ? 0 : Length / _shape[0] * ElementSize;
        return new(_block, _element, _access, [count, .. _shape[1..]], _offset + (first * step), _whole ?? this);
    }

    /// <summary>A copy of all elements as a .NET array of the same dimensions; of structures, objects.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> for more elements than a .NET array can have.</exception>
    public Array ToArray()
    {
        if (Length > Array.MaxLength)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ArrayTooLargeForDotNet.With(_block.Name, Length), _block.Name);
        }

        Array copy = Array.CreateInstance(_access.ArrayElementType, _shape);
        _access.CopyTo(_block, _offset, copy, 0, Length);
        GC.KeepAlive(this);
        return copy;
    }

    /// <summary>Copies all elements into a .NET array of the same type.</summary>
    /// <param name="target">The array.</param>
    /// <param name="at">Where in it the first one goes, counted along all its dimensions.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>: another type, or no room.</exception>
    public void CopyTo(Array target, long at = 0)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.GetType().GetElementType() != _access.ArrayElementType || at < 0 || at > target.LongLength - Length)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ArrayDoesNotGoInto.With(Length, _block.Name, _access.Title, target.GetType().Name, target.LongLength, at), _block.Name);
        }

        _access.CopyTo(_block, _offset, target, at, Length);
        GC.KeepAlive(this);
    }

    /// <summary>Copies values into the elements: an array of the same type as fast as memory, anything else one by one.</summary>
    /// <param name="values">A .NET array, a shared array, or any list.</param>
    /// <param name="at">Where the first one goes, counted along all dimensions.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>: more values than there is room for, of which none is copied then; or one that is none of the type.</exception>
    public void CopyFrom(object values, long at = 0)
    {
        _block.ThrowIfReadOnly();
        object plain = values is PSObject wrapped ? wrapped.BaseObject : values;
        if (plain is SharedArray other && other._element == _element && other.ElementSize == ElementSize)
        {
            RequireRoom(other.Length, at);
            CopyBytes(other, at);
            return;
        }

        object?[]? items = null;
        if (plain is not Array array)
        {
            IEnumerable list = plain is string ? null! : LanguagePrimitives.GetEnumerable(plain)
                ?? throw new IpcException(IpcErrorKind.InvalidArgument, Messages.CopyFromInvalid.With(plain?.GetType().Name ?? "null"), _block.Name);
            items = [.. list.Cast<object?>()];
            array = items;
        }

        RequireRoom(array.LongLength, at);
        long offset = _offset + (at * ElementSize);
        if (!_access.TryCopyFrom(_block, offset, array))
        {
            foreach (object? item in array)
            {
                _access.Set(_block, offset, item);
                offset += ElementSize;
            }
        }

        GC.KeepAlive(this);
    }

    /// <summary>Sets all elements to one value.</summary>
    /// <param name="value">The value.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>, <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public void Fill(object? value)
    {
        _block.ThrowIfReadOnly();
        _access.Fill(_block, _offset, Length, value);
        GC.KeepAlive(this);
    }

    /// <summary>The sum of all elements: Int64 or UInt64 of whole numbers (a BigInteger where that is too small), Double of Half, Single and Double; of Booleans how many are true.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/> for characters and structures.</exception>
    public object Sum() => Reduce(Reductions.Value.Sum, mayBeEmpty: true);

    /// <summary>The smallest element; NaN if there is one.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/> for what has no order; <see cref="IpcErrorKind.InvalidArgument"/> without elements.</exception>
    public object Min() => Reduce(Reductions.Value.Min, mayBeEmpty: false);

    /// <summary>The largest element; NaN if there is one.</summary>
    /// <exception cref="IpcException">As <see cref="Min"/>.</exception>
    public object Max() => Reduce(Reductions.Value.Max, mayBeEmpty: false);

    /// <summary>The elements in memory, for C#. The caller keeps this object reachable and undisposed while it uses them.</summary>
    /// <typeparam name="T">A type of the elements' size.</typeparam>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.PermissionDenied"/> when it was opened read-only; <see cref="IpcErrorKind.InvalidArgument"/> for another size, or more elements than a span can have: slice it.</exception>
    public unsafe Span<T> AsSpan<T>()
        where T : unmanaged
    {
        _block.ThrowIfReadOnly();
        return new(_block.At(_offset, Size), SpanLength<T>());
    }

    /// <summary>The elements in memory, to read. As <see cref="AsSpan"/>.</summary>
    /// <typeparam name="T">A type of the elements' size.</typeparam>
    /// <exception cref="IpcException">As <see cref="AsSpan"/>, but for a read-only one.</exception>
    public unsafe ReadOnlySpan<T> AsReadOnlySpan<T>()
        where T : unmanaged => new(_block.At(_offset, Size), SpanLength<T>());

    /// <summary>Goes through the elements, in the order of memory.</summary>
    public IEnumerator<object> GetEnumerator()
    {
        for (long i = 0; i < Length; i++)
        {
            yield return GetValue(i);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public IpcReference PassOn() => _whole is null && _block is SharedBlock
        ? Reference
        : throw new IpcException(IpcErrorKind.NotSupported, _whole is null ? Messages.ForeignMemoryDoesNotTravel.With(_block.Name) : Messages.SliceDoesNotTravel.With(_block.Name), _block.Name);

    /// <inheritdoc/>
    public void Remove(CancellationToken cancellation = default) => _block.Remove();

    /// <summary>Lets go of it in this process, unless it is a view.</summary>
    public void Dispose()
    {
        if (_whole is null)
        {
            OpenObjects.Forget(this);
            _block.Dispose();
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    internal static SharedArray Open(IpcReference reference) =>
        Open(reference.Name, (reference.Part & ReadOnlyPart) != 0, IpcDirectory.At(reference.Directory));

    /// <summary>Whether the elements are of a type, as New-SharedArray takes it.</summary>
    internal bool IsOf(object type)
    {
        (ElementType element, CStruct? layout) = ElementTypeArgument.Resolve(type);
        return layout is null ? element == _element : Type is CStruct own && own.Size == layout.Size;
    }

    private static SharedArray Open(string name, bool readOnly, IpcDirectory? directory) => Of(SharedBlock.Open(ObjectKind.Array, name, readOnly, directory));

    private static SharedArray Of(SharedBlock block)
    {
        try
        {
            return new(block, block.Layout);
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }
}
