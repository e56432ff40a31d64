using System.Collections;
using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>What PowerShell gives for a pointer: text, arrays, objects, script blocks, <c>[ref]</c> and addresses.</summary>
internal static unsafe class PointerArgument
{
    private static readonly CValueWriter Writer = new(isBigEndian: false);
    private static readonly CValueReader Reader = new(isBigEndian: false);

    /// <summary>The address to pass for a value.</summary>
    /// <param name="frame">The call, for whose time the memory is there.</param>
    /// <param name="type">The pointer's type.</param>
    /// <param name="value">The value.</param>
    /// <param name="what">Which argument, for the message of an error.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> or <see cref="IpcErrorKind.Serialization"/>.</exception>
    public static nint Prepare(CallFrame frame, CPointerType type, object? value, string what)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        return plain switch
        {
            null => 0,
            nint address => address,
            nuint address => (nint)address,
            NativePointer pointer => pointer.Address,
            int or long or uint or ulong => (nint)(long)CNumbers.ToInteger(plain, 64, isSigned: plain is int or long, what),
            ScriptBlock script when type.Target is CFunctionType function => Callback.Make(frame, script, function),
            PSReference reference when HasSize(type.Target) => Reference(frame, type, reference, what),
            string text when TextOf(type.Target) is { } encoding => Text(frame, encoding, text, what),
            StringBuilder builder when TextOf(type.Target) is { } encoding => Buffer(frame, encoding, builder, (int)type.Target.Size),
            Array { Rank: 1 } array when array.GetType().GetElementType()!.IsPrimitive => Numbers(frame, type, array, what),
            IList list when HasSize(type.Target) => List(frame, type, list, what),
            _ when type.Target is CStructType structure && plain is not (string or ValueType or IEnumerable and not IDictionary) => Structure(frame, structure, type.IsTargetConst, value!, what),
            _ => throw new IpcException(IpcErrorKind.InvalidArgument, Messages.PointerArgumentInvalid.With(what, type, Accepted(type), plain.GetType())),
        };
    }

    private static string Accepted(CPointerType type) => type.Target switch
    {
        CFunctionType => Messages.PointerTakesScript,
        CStructType structure => Messages.PointerTakesStructure.With(structure.Title),
        CVoidType or CIncompleteType => Messages.PointerTakesNumbersArray,
        _ when TextOf(type.Target) is not null => Messages.PointerTakesText,
        _ => Messages.PointerTakesNumbers,
    };

    private static bool HasSize(CType target) => target.Size > 0;

    private static Encoding? TextOf(CType target) => (target as CScalarType)?.Text switch
    {
        CText.Utf8 => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        CText.Utf16 => new UnicodeEncoding(bigEndian: false, byteOrderMark: false),
        CText.Utf32 => new UTF32Encoding(bigEndian: false, byteOrderMark: false),
        _ => null,
    };

    private static nint Text(CallFrame frame, Encoding encoding, string text, string what)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw CNumbers.Error(Messages.PointerTextWithZero.With(what));
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                throw CNumbers.Error(Messages.PointerTextWithHalfPair.With(what));
            }
        }

        int bytes = encoding.GetByteCount(text);
        byte* memory = frame.Allocate(bytes + sizeof(uint));
        encoding.GetBytes(text, new Span<byte>(memory, bytes));
        return (nint)memory;
    }

    /// <summary>A copy of the text with room for the builder's capacity and a final 0, from which the text is read back.</summary>
    private static nint Buffer(CallFrame frame, Encoding encoding, StringBuilder builder, int unit)
    {
        string text = builder.ToString();
        int room = Math.Max(builder.Capacity * unit, encoding.GetByteCount(text));
        byte* memory = frame.Allocate(room + sizeof(uint));
        encoding.GetBytes(text, new Span<byte>(memory, room));
        frame.After(() => builder.Clear().Append(ReadText((nint)memory, encoding, unit)));
        return (nint)memory;
    }

    private static nint Numbers(CallFrame frame, CPointerType type, Array array, string what)
    {
        int size = System.Buffer.ByteLength(array);
        int elementSize = array.Length == 0 ? 0 : size / array.Length;
        bool fits = type.Target switch
        {
            CVoidType or CIncompleteType => true,
            CScalarType scalar => array.Length == 0 || (elementSize == scalar.Size && (array is float[] or double[]) == (scalar.Kind == CScalarKind.Float)) || array is byte[],
            CPointerType => array is nint[] or nuint[] or byte[],
            _ => array is byte[],
        };
        if (!fits && type.Target is CScalarType or CEnumType)
        {
            return List(frame, type, array, what);
        }

        if (!fits || (array is byte[] && array.Length > 0 && array.Length < type.Target.Size))
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.PointerArrayInvalid.With(what, type, Accepted(type), array.Length, array.GetType().GetElementType()));
        }

        return frame.Pin(array);
    }

    /// <summary>A copy of a list, from which its elements are read back.</summary>
    private static nint List(CallFrame frame, CPointerType type, IList list, string what)
    {
        int size = (int)type.Target.Size;
        int count = list.Count;
        byte* memory = frame.Allocate((long)size * count);
        for (int i = 0; i < count; i++)
        {
            Write(frame, new Span<byte>(memory + (i * size), size), type.Target, list[i], $"element {i} of {what}");
        }

        if (!type.IsTargetConst && !list.IsReadOnly && type.Target is not CPointerType)
        {
            frame.After(() =>
            {
                if (list.Count != count)
                {
                    throw new IpcException(IpcErrorKind.InvalidArgument, Messages.PointerListChanged.With(what, count, list.Count));
                }

                for (int i = 0; i < count; i++)
                {
                    object? read = Reader.Read(new ReadOnlySpan<byte>(memory + (i * size), size), type.Target);
                    Type wanted = list.GetType().GetElementType() ?? typeof(object);
                    list[i] = wanted == typeof(object) ? read : LanguagePrimitives.ConvertTo(read, wanted, System.Globalization.CultureInfo.InvariantCulture);
                }
            });
        }

        return (nint)memory;
    }

    private static nint Reference(CallFrame frame, CPointerType type, PSReference reference, string what)
    {
        int size = (int)type.Target.Size;
        byte* memory = frame.Allocate(size);
        if (reference.Value is not null)
        {
            Write(frame, new Span<byte>(memory, size), type.Target, reference.Value, what);
        }

        frame.After(() => reference.Value = NativeValue.Read(new ReadOnlySpan<byte>(memory, size), type.Target));
        return (nint)memory;
    }

    private static nint Structure(CallFrame frame, CStructType type, bool isConst, object value, string what)
    {
        byte* memory = frame.Allocate(type.Size);
        Writer.Write(new Span<byte>(memory, (int)type.Size), type, value, what);
        if (!isConst)
        {
            frame.After(() => CopyInto(value, Reader.ReadStructure(new ReadOnlySpan<byte>(memory, (int)type.Size), type)));
        }

        return (nint)memory;
    }

    private static void CopyInto(object target, PSObject read)
    {
        object plain = target is PSObject wrapped ? wrapped.BaseObject : target;
        foreach (PSPropertyInfo property in read.Properties)
        {
            if (plain is IDictionary table)
            {
                object key = table.Contains(property.Name) ? property.Name
                    : table.Keys.OfType<string>().FirstOrDefault(k => string.Equals(k, property.Name, StringComparison.OrdinalIgnoreCase)) ?? property.Name;
                table[key] = property.Value;
            }
            else if (PSObject.AsPSObject(target).Properties[property.Name] is { } existing)
            {
                existing.Value = property.Value;
            }
            else
            {
                PSObject.AsPSObject(target).Properties.Add(new PSNoteProperty(property.Name, property.Value));
            }
        }
    }

    private static void Write(CallFrame frame, Span<byte> slot, CType type, object? value, string what)
    {
        if (type is CPointerType pointer)
        {
            nint address = Prepare(frame, pointer, value, what);
            MemoryMarshal.Write(slot, in address);
        }
        else
        {
            Writer.Write(slot, type, value, what);
        }
    }

    /// <summary>Text up to its final 0.</summary>
    private static string ReadText(nint address, Encoding encoding, int unit)
    {
        byte* start = (byte*)address;
        int length = 0;
        while (!new ReadOnlySpan<byte>(start + length, unit).IsEmpty && new ReadOnlySpan<byte>(start + length, unit).ContainsAnyExcept((byte)0))
        {
            length += unit;
        }

        return encoding.GetString(start, length);
    }

    /// <summary>The text at an address; null for the address 0 and for what is no text.</summary>
    public static string? ReadText(nint address, CPointerType type) =>
        address != 0 && TextOf(type.Target) is { } encoding ? ReadText(address, encoding, (int)type.Target.Size) : null;
}
