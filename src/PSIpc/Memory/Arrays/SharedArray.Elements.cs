using System.Collections;
using System.Globalization;
using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Memory;

namespace PSIpc;

/// <content>Where elements are: indices, parts, and what is copied into them.</content>
public sealed partial class SharedArray
{
    private static void CheckShape(long[] shape)
    {
        if (shape.Length is 0 or > BlockLayout.MostDimensions || Array.Exists(shape, d => d < 0))
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ShapeInvalid.With(BlockLayout.MostDimensions, string.Join(", ", shape)));
        }
    }

    /// <summary>Indices that came as one array, such as <c>$a[0..3]</c>, one by one.</summary>
    private object[] Flat(object[] indices)
    {
        if (indices is [var only] && (only is PSObject wrapped ? wrapped.BaseObject : only) is IList list)
        {
            indices = [.. list.Cast<object>()];
        }

        return indices.Length > 0 ? indices : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.IndexMissing.With(_block.Name), _block.Name);
    }

    private static long ToIndex(object? index)
    {
        object? plain = index is PSObject wrapped ? wrapped.BaseObject : index;
        try
        {
            return plain switch
            {
                int small => small,
                long large => large,
                null or bool => throw new PSInvalidCastException(),
                _ => LanguagePrimitives.ConvertTo<long>(plain),
            };
        }
        catch (PSInvalidCastException e)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.IndexInvalid.With(plain), null, e);
        }
    }

    private long Position(long index, long length) => index < length && index >= -length
        ? index < 0 ? index + length : index
        : throw new IpcException(
            IpcErrorKind.InvalidArgument, Messages.IndexOutOfRange.With(index.ToString(CultureInfo.InvariantCulture), _block.Name, string.Join(" x ", _shape)), _block.Name);

    private long OffsetOf(object[] indices)
    {
        long position = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            position = (position * _shape[i]) + Position(ToIndex(indices[i]), _shape[i]);
        }

        for (int i = indices.Length; i < Rank; i++)
        {
            position *= _shape[i];
        }

        return _offset + (position * ElementSize);
    }

    private SharedArray Part(object[] indices) => indices.Length < Rank
        ? new(_block, _element, _access, _shape[indices.Length..], OffsetOf(indices), _whole ?? this)
        : throw new IpcException(IpcErrorKind.InvalidArgument, Rank == 1 ? Messages.IndexCountOfOne.With(_block.Name, indices.Length) : Messages.IndexCount.With(_block.Name, Rank, indices.Length), _block.Name);

    private void Assign(object? value)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (plain is SharedArray or IList)
        {
            CopyFrom(plain);
        }
        else
        {
            Fill(value);
        }
    }

    private void RequireRoom(long count, long at)
    {
        if (at < 0 || at > Length - count)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ValuesDoNotGoIntoArray.With(count, at, Length, _block.Name), _block.Name);
        }
    }

    private unsafe void CopyBytes(SharedArray other, long at)
    {
        long bytes = other.Size;
        Buffer.MemoryCopy(other._block.At(other._offset, bytes), _block.At(_offset + (at * ElementSize), bytes), bytes, bytes);
        GC.KeepAlive(other);
        GC.KeepAlive(this);
    }

    private unsafe int SpanLength<T>()
        where T : unmanaged => sizeof(T) == ElementSize && Length <= int.MaxValue
            ? (int)Length
            : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.SpanTypeDoesNotFit.With(_block.Name, Length, ElementSize, typeof(T).Name, sizeof(T)), _block.Name);

    private unsafe object Reduce(Func<ElementType, nint, long, object> reduction, bool mayBeEmpty)
    {
        if (Length == 0 && !mayBeEmpty)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ArrayEmpty.With(_block.Name), _block.Name);
        }

        object result = reduction(_element, (nint)_block.At(_offset, Size), Length);
        GC.KeepAlive(this);
        return result;
    }
}
