using System.Runtime.InteropServices;
using PSIpc.Core;
using PSIpc.Core.Memory;

namespace PSIpc;

/// <summary>.NET arrays, as lists or as NumPy arrays, and shared arrays.</summary>
internal sealed partial class PickleWriter
{
    private static readonly byte[] ByteLetter = [(byte)'b'];

    private void WriteArray(Array array, bool inObject)
    {
        ElementType element = _options.NumPy ? ElementTypes.Of(array.GetType().GetElementType()!) : ElementType.None;
        if (HasDType(element))
        {
            ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(array), BytesOf(array.LongLength, element));
            WriteNumPy(array, element, [.. Enumerable.Range(0, array.Rank).Select(array.GetLongLength)], bytes);
            return;
        }

        switch (array)
        {
            case int[] numbers:
                WriteNumbers(numbers, numbers.Length, static (writer, all, i) => writer.WriteInt32(((int[])all)[i]));
                break;
            case double[] numbers:
                WriteNumbers(numbers, numbers.Length, static (writer, all, i) => writer._output.Double(PickleOpcode.BinFloat, ((double[])all)[i]));
                break;
            case { Rank: 1 }:
                WriteList(array, array, array.Length, inObject);
                break;
            default:
                WriteNested(array, new int[array.Rank], 0, array, inObject);
                break;
        }
    }

    /// <summary>Elements without a box around each.</summary>
    private void WriteNumbers(Array array, int count, Action<PickleWriter, Array, int> write)
    {
        _output.Byte(PickleOpcode.EmptyList);
        Memoize(array);
        for (int i = 0; i < count; i++)
        {
            if (count > 1)
            {
                BeginItem(i);
            }

            _output.Boundary();
            write(this, array, i);
            if (count > 1)
            {
                EndItem(i, count, PickleOpcode.Appends);
            }
        }

        if (count == 1)
        {
            _output.Byte(PickleOpcode.Append);
        }
    }

    /// <summary>An array of several dimensions as lists of lists.</summary>
    private void WriteNested(Array array, int[] at, int dimension, object? identity, bool inObject)
    {
        int count = array.GetLength(dimension);
        bool isLast = dimension == array.Rank - 1;
        _output.Byte(PickleOpcode.EmptyList);
        Memoize(identity);
        for (int i = 0; i < count; i++)
        {
            if (count > 1)
            {
                BeginItem(i);
            }

            at[dimension] = array.GetLowerBound(dimension) + i;
            if (isLast)
            {
                Write(array.GetValue(at), inObject);
            }
            else
            {
                Enter();
                WriteNested(array, at, dimension + 1, null, inObject);
                Leave();
            }

            if (count > 1)
            {
                EndItem(i, count, PickleOpcode.Appends);
            }
        }

        if (count == 1)
        {
            _output.Byte(PickleOpcode.Append);
        }
    }

    /// <summary>A shared array: a NumPy array with a copy of its elements; a list where NumPy has no such type.</summary>
    private void WriteShared(SharedArray array, bool inObject)
    {
        if (array.Type is ElementType element && HasDType(element))
        {
            _ = BytesOf(array.Length, element);
            WriteNumPy(array, element, array.Shape, array.Bytes);
            GC.KeepAlive(array);
        }
        else
        {
            Array copy = array.ToArray();
            WriteNested(copy, new int[copy.Rank], 0, array, inObject);
        }
    }

    /// <summary>A NumPy array, as its own <c>__reduce__</c> gives it to protocols before 5.</summary>
    private void WriteNumPy(object identity, ElementType element, long[] shape, ReadOnlySpan<byte> bytes)
    {
        WriteGlobal(PythonName.NumPyReconstruct);
        WriteGlobal(PythonName.NumPyArray);
        WriteInt32(0);
        _output.Byte(PickleOpcode.Tuple1);
        Memoize(null);
        WriteBytesOf(ByteLetter);
        _output.Byte(PickleOpcode.Tuple3);
        Memoize(null);
        _output.Byte(PickleOpcode.Reduce);
        Memoize(identity);

        _output.Byte(PickleOpcode.Mark);
        WriteInt32(1);
        WriteShape(shape);
        WriteDType(element);
        _output.Byte(PickleOpcode.NewFalse);
        _output.Boundary();
        WriteBytes(bytes);
        _output.Byte(PickleOpcode.Tuple);
        Memoize(null);
        _output.Byte(PickleOpcode.Build);
    }

    private void WriteShape(long[] shape)
    {
        if (shape.Length > 3)
        {
            _output.Byte(PickleOpcode.Mark);
        }

        foreach (long dimension in shape)
        {
            WriteInt64(dimension);
        }

        _output.Byte(shape.Length > 3 ? PickleOpcode.Tuple : (byte)(PickleOpcode.Tuple1 + shape.Length - 1));
        Memoize(null);
    }

    private void WriteDType(ElementType element)
    {
        // The letter of the byte order, then the name: <f8.
        string type = ElementTypes.NumPyNameOf(element)!;
        if (TryWriteAgain(type))
        {
            return;
        }

        WriteGlobal(PythonName.NumPyDType);
        WriteNewText(type[1..]);
        Memoize(null);
        _output.Bytes(PickleOpcode.NewFalse, PickleOpcode.NewTrue);
        _output.Byte(PickleOpcode.Tuple3);
        Memoize(null);
        _output.Byte(PickleOpcode.Reduce);
        Memoize(type);
        _output.Byte(PickleOpcode.Mark);
        WriteInt32(3);
        WriteText(type[0] == '<' ? "<" : "|");
        _output.Bytes(PickleOpcode.None, PickleOpcode.None);
        _output.Byte(PickleOpcode.None);
        WriteInt32(-1);
        WriteInt32(-1);
        WriteInt32(0);
        _output.Byte(PickleOpcode.Tuple);
        Memoize(null);
        _output.Byte(PickleOpcode.Build);
    }

    /// <summary>Whether NumPy has a type for the elements.</summary>
    private static bool HasDType(ElementType element) => element is not (ElementType.None or ElementType.Char)
        && ElementTypes.NumPyNameOf(element) is { } name && name[1] != 'V';

    private static int BytesOf(long length, ElementType element)
    {
        long bytes = length * ElementTypes.SizeOf(element);
        return bytes <= Array.MaxLength ? (int)bytes : throw new IpcException(IpcErrorKind.MessageTooLarge, Messages.PickleArrayTooLarge.With(bytes));
    }
}
