using PSIpc.Core;
using PSIpc.Core.Memory;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>One value of a type that processes share. It is always read and written whole.</summary>
public sealed class SharedValue : IpcSharedObject, ILockOwner
{
    private readonly SharedCell _cell;
    private readonly ValueCodec _codec;
    private readonly Lazy<IpcLock> _lock;

    private SharedValue(SharedCell cell)
        : base(cell, ObjectKind.Value)
    {
        _cell = cell;
        _codec = ValueCodec.Of(cell.Layout);
        _lock = new(() => IpcLock.PartOf(_cell.Lock, ObjectKind.Value, this));
    }

    /// <summary>The value.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> when it is none of the type; <see cref="IpcErrorKind.Closed"/>.</exception>
    public object Value
    {
        get => Read(out _);
        set => Exchange(value);
    }

    /// <summary>What it is: the name of a type; of a C structure, its name.</summary>
    public string Type => _cell.Layout.Element == ElementType.Struct ? CStructIpcSerializer.LayoutOf(_cell.Layout.Declaration.Span).Name : _cell.Layout.Element.ToString();

    /// <summary>The most bytes that it can have.</summary>
    public int Capacity => _cell.Layout.ElementSize;

    /// <summary>Its own lock, which Use-IpcLock takes too and Update-SharedValue holds. Reading, writing and adding do not wait for it.</summary>
    public IpcLock Lock => _lock.Value;

    internal static NamedObjects<SharedValue> Named { get; } = new(ObjectKind.Value, "shared value", static name => new SharedValue(SharedCell.Open(name)));

    /// <summary>Makes a value.</summary>
    /// <param name="type">Its type: a name such as Int64 or String, a .NET type, or a layout of New-CStruct.</param>
    /// <param name="value">What it is at first; null for 0, or an empty text.</param>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="capacity">Of a text, the most bytes in UTF-8 that it takes.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="openExisting">Whether to open the value of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, the type unknown, the value none of it, or the shared memory is full.</exception>
    public static SharedValue Create(object type, object? value = null, string? name = null, int capacity = 1024, bool persistent = false, bool openExisting = false)
    {
        (ElementType element, _) = ElementTypeArgument.Resolve(type);
        BlockLayout layout = element == ElementType.String
            ? new BlockLayout(element, Math.Clamp(capacity, 1, SharedCell.LongestValue), [1])
            : ElementTypeArgument.Layout(type, [1]);
        ValueCodec codec = ValueCodec.Of(layout);
        byte[] bytes = value is not null ? codec.Write(value) : element == ElementType.String ? [] : new byte[layout.ElementSize];
        return new(SharedCell.Create(layout, bytes, name, persistent, openExisting: openExisting));
    }

    /// <summary>Adds a number, atomically.</summary>
    /// <param name="number">The number.</param>
    /// <returns>The new value.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> where the type is too small for it: nothing was added then.</exception>
    public object Add(object number) => Change(value => _codec.Add(value, number), out _);

    /// <summary>Stores a value and returns the one before, atomically.</summary>
    /// <param name="value">The new value.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public object Exchange(object? value)
    {
        byte[] bytes = _codec.Write(value);
        while (true)
        {
            object before = Read(out long version);
            if (TryReplace(bytes, version, default))
            {
                return before;
            }
        }
    }

    /// <summary>Stores a value if it is now equal to another, atomically.</summary>
    /// <param name="value">The new value.</param>
    /// <param name="comparand">What it must be now, byte for byte.</param>
    /// <returns>What it was: equal to <paramref name="comparand"/> if and only if the new value was stored.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public object CompareExchange(object? value, object? comparand)
    {
        byte[] bytes = _codec.Write(value);
        byte[] expected = _codec.Write(comparand);
        while (true)
        {
            object now = Read(out long version);
            if (!_codec.Write(now).AsSpan().SequenceEqual(expected) || TryReplace(bytes, version, default))
            {
                return now;
            }
        }
    }

    /// <inheritdoc/>
    public override void Remove(CancellationToken cancellation = default) => _cell.Remove();

    /// <summary>Replaces the value by what is made of it; again, if somebody else has replaced it meanwhile.</summary>
    internal object Change(Func<object, object?> change, out object before, CancellationToken cancellation = default)
    {
        while (true)
        {
            before = Read(out long version);
            object? after = change(before);
            byte[] bytes = _codec.Write(after);
            if (TryReplace(bytes, version, cancellation))
            {
                return _codec.Read(bytes);
            }

            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What <see cref="Type"/> is of a value that New-SharedValue makes of a type.</summary>
    internal static string TypeName(object type)
    {
        (ElementType element, CStruct? layout) = ElementTypeArgument.Resolve(type);
        return layout?.Name ?? element.ToString();
    }

    internal static SharedValue Open(IpcReference reference) => new(SharedCell.Open(reference.Name, IpcDirectory.At(reference.Directory)));

    private object Read(out long version)
    {
        if (!_cell.IsWord)
        {
            return _codec.Read(_cell.Read(out version));
        }

        version = _cell.Word;
        return _codec.Read(BitConverter.GetBytes(version));
    }

    private bool TryReplace(byte[] bytes, long version, CancellationToken cancellation)
    {
        if (!_cell.IsWord)
        {
            return _cell.TryReplace(bytes, version, cancellation);
        }

        byte[] word = new byte[SharedCell.WordSize];
        bytes.CopyTo(word, 0);
        return _cell.TryReplaceWord(BitConverter.ToInt64(word), version);
    }
}
