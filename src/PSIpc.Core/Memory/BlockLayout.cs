using System.Runtime.InteropServices;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;

namespace PSIpc.Core.Memory;

/// <summary>What the bytes of a block are: elements of one type in a shape.</summary>
/// <param name="Element">What the elements are; <see cref="ElementType.None"/> for plain bytes.</param>
/// <param name="ElementSize">Bytes of an element, at least 1.</param>
/// <param name="Shape">Elements along each dimension, the last one varying fastest; 1 to 32 dimensions.</param>
/// <param name="Declaration">For structures, what declares them, up to 3,000 bytes; else empty.</param>
public sealed record BlockLayout(ElementType Element, int ElementSize, long[] Shape, ReadOnlyMemory<byte> Declaration = default)
{
    /// <summary>The most dimensions.</summary>
    public const int MostDimensions = 32;

    /// <summary>Bytes of the page before the data: a lock, then this layout.</summary>
    internal const int HeaderSize = 4096;

    /// <summary>The most bytes of a declaration.</summary>
    public const int LongestDeclaration = HeaderSize - DeclarationOffset;

    private const int LayoutOffset = SharedLock.Size;
    private const int DeclarationOffset = LayoutOffset + 64 + (MostDimensions * 8);

    /// <summary>All elements.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> when there are more than memory can have.</exception>
    public long Length
    {
        get
        {
            try
            {
                long length = 1;
                foreach (long dimension in Shape)
                {
                    ArgumentOutOfRangeException.ThrowIfNegative(dimension);
                    length = checked(length * dimension);
                }

                _ = checked(length * ElementSize + HeaderSize + SegmentHeader.BodyOffset);
                return length;
            }
            catch (OverflowException e)
            {
                throw new IpcException(IpcErrorKind.OutOfMemory, Messages.TooManyElements.With(string.Join(" x ", Shape), ElementSize), null, e);
            }
        }
    }

    /// <summary>All bytes.</summary>
    public long Bytes => Length * ElementSize;

    /// <summary>Writes it into the page before the data.</summary>
    internal unsafe void Write(byte* page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Declaration.Length, LongestDeclaration, nameof(Declaration));
        var fixedPart = (Fixed*)(page + LayoutOffset);
        fixedPart->Element = (uint)Element;
        fixedPart->ElementSize = (uint)ElementSize;
        fixedPart->Rank = (uint)Shape.Length;
        fixedPart->DeclarationLength = (uint)Declaration.Length;
        fixedPart->Length = Length;
        for (int i = 0; i < Shape.Length; i++)
        {
            ((long*)(page + LayoutOffset + 64))[i] = Shape[i];
        }

        Declaration.Span.CopyTo(new Span<byte>(page + DeclarationOffset, LongestDeclaration));
    }

    /// <summary>Reads one and checks it against the bytes that there are.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    internal static unsafe BlockLayout Read(byte* page, long dataBytes, ObjectKind kind, string name)
    {
        Fixed fixedPart = *(Fixed*)(page + LayoutOffset);
        bool isKnown = fixedPart.Element <= (uint)ElementType.Struct && fixedPart.ElementSize is > 0 and <= int.MaxValue
            && fixedPart.Rank is > 0 and <= MostDimensions && fixedPart.DeclarationLength <= LongestDeclaration;
        int own = isKnown ? ElementTypes.SizeOf((ElementType)fixedPart.Element) : 0;
        if (!isKnown || (own != 0 && own != fixedPart.ElementSize))
        {
            throw Damaged(kind, name);
        }

        long[] shape = new ReadOnlySpan<long>(page + LayoutOffset + 64, (int)fixedPart.Rank).ToArray();
        byte[] declaration = new ReadOnlySpan<byte>(page + DeclarationOffset, (int)fixedPart.DeclarationLength).ToArray();
        var layout = new BlockLayout((ElementType)fixedPart.Element, (int)fixedPart.ElementSize, shape, declaration);
        if (Array.Exists(shape, d => d < 0))
        {
            throw Damaged(kind, name);
        }

        try
        {
            return layout.Length == fixedPart.Length && layout.Bytes <= dataBytes ? layout : throw Damaged(kind, name);
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.OutOfMemory)
        {
            throw Damaged(kind, name);
        }
    }

    private static IpcException Damaged(ObjectKind kind, string name) =>
        new(IpcErrorKind.CorruptData, Messages.BlockHeaderDamaged.With(kind, name), name);

    [StructLayout(LayoutKind.Sequential)]
    private struct Fixed
    {
        public uint Element;
        public uint ElementSize;
        public uint Rank;
        public uint DeclarationLength;
        public long Length;
    }
}
