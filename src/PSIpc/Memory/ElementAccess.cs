using System.Collections.Concurrent;
using System.Management.Automation;
using System.Runtime.InteropServices;
using PSIpc.Core;
using PSIpc.Core.Memory;

namespace PSIpc;

/// <summary>Elements of one type in memory as PowerShell's values. One instance serves all threads.</summary>
internal abstract unsafe class ElementAccess
{
    private static readonly ConcurrentDictionary<ElementType, ElementAccess> Known = new();

    /// <summary>Bytes of an element.</summary>
    public abstract int Size { get; }

    /// <summary>The .NET type of an array of elements.</summary>
    public abstract Type ArrayElementType { get; }

    /// <summary>What users call the type.</summary>
    public abstract string Title { get; }

    /// <summary>The access to elements of a type that has a fixed size.</summary>
    public static ElementAccess Of(ElementType element) => Known.GetOrAdd(element, static e =>
        ElementTypes.SizeOf(e) > 0
            ? (ElementAccess)Activator.CreateInstance(typeof(ScalarAccess<>).MakeGenericType(ElementTypes.TypeOf(e)!))!
            : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ElementTypeNotShared.With(e)));

    /// <summary>The access that a layout asks for.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/> when its declaration is damaged.</exception>
    public static ElementAccess Of(BlockLayout layout)
    {
        if (layout.Element != ElementType.Struct)
        {
            return Of(layout.Element);
        }

        var access = new StructAccess(CStructIpcSerializer.LayoutOf(layout.Declaration.Span));
        return access.Size == layout.ElementSize
            ? access
            : throw new IpcException(IpcErrorKind.CorruptData, Messages.ElementDeclarationSize.With(access.Title, access.Size, layout.ElementSize));
    }

    /// <summary>Reads an element.</summary>
    public abstract object Get(DataBlock block, long offset);

    /// <summary>Writes an element; the block can be written.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> when the value is none of the type.</exception>
    public abstract void Set(DataBlock block, long offset, object? value);

    /// <summary>Copies elements into an array of <see cref="ArrayElementType"/>, counted along all its dimensions.</summary>
    public abstract void CopyTo(DataBlock block, long offset, Array target, long start, long count);

    /// <summary>Copies an array's elements where they have exactly this type; false when they have not.</summary>
    public abstract bool TryCopyFrom(DataBlock block, long offset, Array source);

    /// <summary>Writes one value into many elements.</summary>
    public abstract void Fill(DataBlock block, long offset, long count, object? value);
}

/// <summary>Elements that .NET has a type for.</summary>
internal sealed unsafe class ScalarAccess<T> : ElementAccess
    where T : unmanaged
{
    private const int MostOfSpan = 1 << 30;

    public override int Size => sizeof(T);

    public override Type ArrayElementType => typeof(T);

    public override string Title => typeof(T).Name;

    public override object Get(DataBlock block, long offset)
    {
        byte* source = block.At(offset, sizeof(T));
        object value = typeof(T) == typeof(bool) ? *source != 0
            : typeof(T) == typeof(decimal) ? ReadDecimal((int*)source)
            : *(T*)source;
        GC.KeepAlive(block);
        return value;
    }

    public override void Set(DataBlock block, long offset, object? value)
    {
        block.ThrowIfReadOnly();
        T converted = Convert(value);
        *(T*)block.At(offset, sizeof(T)) = converted;
        GC.KeepAlive(block);
    }

    public override void CopyTo(DataBlock block, long offset, Array target, long start, long count)
    {
        byte* source = block.At(offset, count * sizeof(T));
        fixed (byte* first = &MemoryMarshal.GetArrayDataReference(target))
        {
            Buffer.MemoryCopy(source, first + (start * sizeof(T)), (target.LongLength - start) * sizeof(T), count * sizeof(T));
            GC.KeepAlive(block);
        }

        if (typeof(T) == typeof(bool))
        {
            // Another program may have written another number than 1 for true.
            foreach (ref byte one in MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(target), target.Length))
            {
                one = one != 0 ? (byte)1 : (byte)0;
            }
        }
    }

    public override bool TryCopyFrom(DataBlock block, long offset, Array source)
    {
        if (source.GetType().GetElementType() != typeof(T))
        {
            return false;
        }

        block.ThrowIfReadOnly();
        long bytes = source.LongLength * sizeof(T);
        byte* target = block.At(offset, bytes);
        fixed (byte* first = &MemoryMarshal.GetArrayDataReference(source))
        {
            Buffer.MemoryCopy(first, target, bytes, bytes);
            GC.KeepAlive(block);
        }

        return true;
    }

    public override void Fill(DataBlock block, long offset, long count, object? value)
    {
        block.ThrowIfReadOnly();
        T converted = Convert(value);
        T* target = (T*)block.At(offset, count * sizeof(T));
        while (count > 0)
        {
            int part = (int)Math.Min(count, MostOfSpan / sizeof(T));
            new Span<T>(target, part).Fill(converted);
            target += part;
            count -= part;
        }

        GC.KeepAlive(block);
    }

    private static decimal ReadDecimal(int* parts)
    {
        try
        {
            // Its flags, its highest, and its lower bits: in another order than the constructor wants them.
            return new decimal([parts[2], parts[3], parts[1], parts[0]]);
        }
        catch (ArgumentException e)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.DecimalBytesInvalid, null, e);
        }
    }

    private static T Convert(object? value)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (plain is T exact)
        {
            return exact;
        }

        try
        {
            return plain is null ? throw new PSInvalidCastException() : LanguagePrimitives.ConvertTo<T>(plain);
        }
        catch (PSInvalidCastException e)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ValueNotOfType.With(plain ?? "null", plain?.GetType().Name ?? "null", typeof(T).Name), null, e);
        }
    }
}

/// <summary>Elements that are C structures: what is read of one is a view, whose properties are the members in memory.</summary>
internal sealed class StructAccess(CStruct layout) : ElementAccess
{
    /// <summary>The structure.</summary>
    public CStruct Layout => layout;

    public override int Size => checked((int)layout.Size);

    public override Type ArrayElementType => typeof(object);

    public override string Title => layout.Type.Title;

    public override object Get(DataBlock block, long offset) => StructView.Create(block, offset, layout.Type, layout.IsBigEndian);

    public override void Set(DataBlock block, long offset, object? value)
    {
        byte[] bytes = layout.ToBytes(value);
        bytes.CopyTo(block.AsSpan(offset, Size));
        GC.KeepAlive(block);
    }

    /// <summary>Copies of the structures, not views.</summary>
    public override void CopyTo(DataBlock block, long offset, Array target, long start, long count)
    {
        for (long i = 0; i < count; i++)
        {
            target.SetValue(layout.Read(block.AsReadOnlySpan(offset + (i * Size), Size)), start + i);
        }

        GC.KeepAlive(block);
    }

    public override bool TryCopyFrom(DataBlock block, long offset, Array source) => false;

    public override void Fill(DataBlock block, long offset, long count, object? value)
    {
        byte[] bytes = layout.ToBytes(value);
        for (long i = 0; i < count; i++)
        {
            bytes.CopyTo(block.AsSpan(offset + (i * Size), Size));
        }

        GC.KeepAlive(block);
    }
}
