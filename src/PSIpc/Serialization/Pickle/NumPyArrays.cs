using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>NumPy's arrays and scalars as .NET's: an array of the same type and shape, in C's order, whatever the order of the original.</summary>
internal static class NumPyArrays
{
    private const int MostDimensions = 32;

    /// <summary>An array from the state of a pickled <c>ndarray</c> (NumPy's <c>array_reduce</c>): version, shape, dtype, whether in Fortran's order, bytes.</summary>
    public static object? FromState(PickleReader reader, object? state)
    {
        if (state is not PythonTuple { Count: 5 } tuple || tuple[2] is not NumPyDType dtype || tuple[3] is not bool isFortran)
        {
            throw new FormatException(Messages.ReasonNumPyState);
        }

        return Create(reader, dtype, tuple[1], isFortran, PythonBytes.Of(tuple[4]));
    }

    /// <summary>An array of protocol 5 (NumPy's <c>_frombuffer</c>): bytes, dtype, shape, order.</summary>
    public static object? FromBuffer(PickleReader reader, PythonTuple arguments) =>
        arguments[1] is NumPyDType dtype && arguments[3] is "C" or "F"
            ? Create(reader, (NumPyDType)arguments[1]!, arguments[2], arguments[3] is "F", PythonBytes.Of(arguments[0]))
            : throw new FormatException(Messages.ReasonNumPyState);

    /// <summary>A scalar: dtype, bytes.</summary>
    public static object? Scalar(PythonTuple arguments)
    {
        ReadOnlySpan<byte> bytes = PythonBytes.Of(arguments[1]);
        return arguments[0] is NumPyDType dtype && bytes.Length == dtype.Size
            ? Elements(dtype, bytes, [1]).GetValue(0)
            : throw new FormatException(Messages.ReasonNumPyScalarLength);
    }

    private static object? Create(PickleReader reader, NumPyDType dtype, object? shape, bool isFortran, ReadOnlySpan<byte> bytes)
    {
        int[] lengths = ShapeOf(shape, out long count);
        if (count * dtype.Size != bytes.Length)
        {
            throw new FormatException(Messages.ReasonNumPyArrayLength);
        }

        reader.Charge(bytes.Length);
        if (lengths.Length == 0)
        {
            return Elements(dtype, bytes, [1]).GetValue(0);
        }

        return isFortran && lengths.Length > 1
            ? Elements(dtype, ToRowOrder(bytes, lengths, dtype.Size), lengths)
            : Elements(dtype, bytes, lengths);
    }

    private static int[] ShapeOf(object? shape, out long count)
    {
        PythonTuple dimensions = shape as PythonTuple ?? (shape is int only ? new PythonTuple(only) : throw new FormatException(Messages.ReasonNumPyShapeNoTuple));
        int[] lengths = new int[dimensions.Count <= MostDimensions ? dimensions.Count : throw new FormatException(Messages.ReasonNumPyDimensions.With(MostDimensions))];

        // .NET multiplies the lengths in their order and refuses what is too large on the way, though a 0 comes later.
        long product = 1;
        bool isEmpty = false;
        for (int i = 0; i < lengths.Length; i++)
        {
            lengths[i] = PythonNumbers.ToInt32(dimensions[i]);
            isEmpty |= lengths[i] == 0;
            product *= Math.Max(lengths[i], 1);
            if (lengths[i] < 0 || product > Array.MaxLength)
            {
                throw new FormatException(Messages.ReasonNumPyShapeTooLarge);
            }
        }

        count = isEmpty ? 0 : product;
        return lengths;
    }

    private static Array Elements(NumPyDType dtype, ReadOnlySpan<byte> bytes, int[] lengths)
    {
        Array array = Array.CreateInstance(dtype.Type ?? typeof(string), lengths);
        if (dtype.Type is null)
        {
            FillTexts(array, dtype, bytes);
            return array;
        }

        Span<byte> target = BytesOf(array, bytes.Length);
        if (dtype is { Kind: 'c', Size: 8 })
        {
            target = BytesOf(array, 2 * bytes.Length);
            for (int i = 0; i < bytes.Length; i += sizeof(float))
            {
                float part = dtype.IsBigEndian ? BinaryPrimitives.ReadSingleBigEndian(bytes[i..]) : BinaryPrimitives.ReadSingleLittleEndian(bytes[i..]);
                BinaryPrimitives.WriteDoubleLittleEndian(target[(2 * i)..], part);
            }

            return array;
        }

        bytes.CopyTo(target);
        if (dtype.Kind == 'b')
        {
            // Any other byte than 0 and 1 would be a bool that is neither true nor false.
            foreach (ref byte flag in target)
            {
                flag = flag == 0 ? (byte)0 : (byte)1;
            }
        }
        else if (dtype.IsBigEndian)
        {
            Reverse(target, dtype.Kind == 'c' ? dtype.Size / 2 : dtype.Size);
        }

        return array;
    }

    private static void FillTexts(Array array, NumPyDType dtype, ReadOnlySpan<byte> bytes)
    {
        Encoding utf32 = new UTF32Encoding(dtype.IsBigEndian, byteOrderMark: false, throwOnInvalidCharacters: false);
        Span<string> target = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, string>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = utf32.GetString(bytes.Slice(i * dtype.Size, dtype.Size)).TrimEnd('\0');
        }
    }

    private static void Reverse(Span<byte> bytes, int size)
    {
        for (int i = 0; size > 1 && i < bytes.Length; i += size)
        {
            bytes.Slice(i, size).Reverse();
        }
    }

    /// <summary>Elements whose first index varies fastest, so that the last one does.</summary>
    private static byte[] ToRowOrder(ReadOnlySpan<byte> columns, int[] lengths, int size)
    {
        byte[] rows = new byte[columns.Length];
        int[] at = new int[lengths.Length];
        long[] steps = new long[lengths.Length];
        long step = size;
        for (int d = 0; d < lengths.Length; d++)
        {
            steps[d] = step;
            step *= lengths[d];
        }

        long from = 0;
        for (int to = 0; to < rows.Length; to += size)
        {
            columns.Slice((int)from, size).CopyTo(rows.AsSpan(to));
            for (int d = lengths.Length - 1; d >= 0; d--)
            {
                from += steps[d];
                if (++at[d] < lengths[d])
                {
                    break;
                }

                from -= steps[d] * lengths[d];
                at[d] = 0;
            }
        }

        return rows;
    }

    private static Span<byte> BytesOf(Array array, int length) => MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(array), length);
}
