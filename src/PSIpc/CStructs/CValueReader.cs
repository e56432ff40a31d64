using System.Buffers.Binary;
using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Text;

namespace PSIpc;

/// <summary>Reads the bytes of C types as PowerShell's values: numbers of the same size, text of arrays of characters, objects of structures.</summary>
internal readonly struct CValueReader(bool isBigEndian)
{
    /// <summary>What the type name of a structure that was read begins with.</summary>
    public const string TypeNamePrefix = "CStruct.";

    /// <summary>Reads a value of any type.</summary>
    /// <param name="source">As many bytes as the type has.</param>
    /// <param name="type">The type.</param>
    public object? Read(ReadOnlySpan<byte> source, CType type) => type switch
    {
        CScalarType scalar => ReadScalar(source, scalar),
        CPointerType => (nint)(long)ReadInteger(source, isSigned: true),
        CEnumType named => NameOf(named, ReadScalar(source, named.Number)),
        CArrayType array => ReadArray(source, array),
        CStructType structure => ReadStructure(source, structure),
        _ => null,
    };

    /// <summary>Reads a structure as an object with a property for each member; all members of a union.</summary>
    public PSObject ReadStructure(ReadOnlySpan<byte> source, CStructType type)
    {
        var result = new PSObject();
        if (type.Tag is not null)
        {
            result.TypeNames.Insert(0, TypeNamePrefix + type.Tag);
        }

        foreach (CStructField field in type.Fields)
        {
            ReadMember(result, source, field);
        }

        return result;
    }

    /// <summary>Reads one member into an object.</summary>
    public void ReadMember(PSObject result, ReadOnlySpan<byte> source, CStructField member)
    {
        if (member.Name.Length == 0)
        {
            ReadOnlySpan<byte> inner = source.Slice((int)member.Offset, (int)member.Size);
            foreach (CStructField field in ((CStructType)member.ValueType).Fields)
            {
                ReadMember(result, inner, field);
            }

            return;
        }

        result.Properties.Add(new PSNoteProperty(member.Name, ReadValue(source, member)));
    }

    /// <summary>Reads the value of one member that has a name.</summary>
    public object? ReadValue(ReadOnlySpan<byte> source, CStructField member) =>
        member.IsBitField ? ReadBits(source, member) : Read(source.Slice((int)member.Offset, (int)member.Size), member.ValueType);

    private static object NameOf(CEnumType type, object number) => type.Type is { } named ? Enum.ToObject(named, number) : number;

    private object ReadScalar(ReadOnlySpan<byte> source, CScalarType type) => type.Kind switch
    {
        CScalarKind.Bool => source[0] != 0,
        CScalarKind.Float when type.Size == 4 => BitConverter.UInt32BitsToSingle((uint)ReadInteger(source, isSigned: false)),
        CScalarKind.Float => BitConverter.UInt64BitsToDouble((ulong)ReadInteger(source, isSigned: false)),
        CScalarKind.Extended or CScalarKind.Quadruple =>
            CLongDouble.ToDouble((UInt128)ReadInteger(source, isSigned: false), type.Kind == CScalarKind.Extended),
        _ => Number(ReadInteger(source, type.Kind == CScalarKind.Signed), (int)type.Size, type.Kind == CScalarKind.Signed),
    };

    private static object Number(Int128 value, int size, bool isSigned) => (size, isSigned) switch
    {
        (1, true) => (sbyte)value,
        (1, false) => (byte)value,
        (2, true) => (short)value,
        (2, false) => (ushort)value,
        (4, true) => (int)value,
        (4, false) => (uint)value,
        (8, true) => (long)value,
        (8, false) => (ulong)value,
        (_, true) => value,
        _ => (UInt128)value,
    };

    private object ReadBits(ReadOnlySpan<byte> source, CStructField member)
    {
        CScalarType number = (member.ValueType as CEnumType)?.Number ?? (CScalarType)member.ValueType;
        ulong bits = CBits.Read(source, (member.Offset * 8) + member.BitOffset, member.BitWidth, isBigEndian);
        if (number.Kind == CScalarKind.Bool)
        {
            return bits != 0;
        }

        bool isSigned = number.Kind == CScalarKind.Signed;
        Int128 value = isSigned ? (long)(bits << (64 - member.BitWidth)) >> (64 - member.BitWidth) : (Int128)bits;
        object result = Number(value, (int)number.Size, isSigned);
        return member.ValueType is CEnumType named ? NameOf(named, result) : result;
    }

    private object ReadArray(ReadOnlySpan<byte> source, CArrayType type)
    {
        if (type.Element is CScalarType { Text: not CText.None } characters)
        {
            return ReadText(source, characters.Text);
        }

        if (type.Element is CScalarType scalar)
        {
            return ReadNumbers(source, scalar, (int)type.Count);
        }

        object?[] items = new object?[type.Count];
        int size = (int)type.Element.Size;
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = Read(source.Slice(i * size, size), type.Element);
        }

        return items;
    }

    /// <summary>Text up to the first character 0; what is no text is read as U+FFFD.</summary>
    private string ReadText(ReadOnlySpan<byte> source, CText text)
    {
        switch (text)
        {
            case CText.Utf8:
                int end = source.IndexOf((byte)0);
                return Encoding.UTF8.GetString(end < 0 ? source : source[..end]);
            case CText.Utf16:
                int length = 0;
                while (length + 1 < source.Length && (source[length] | source[length + 1]) != 0)
                {
                    length += 2;
                }

                return (isBigEndian ? Encoding.BigEndianUnicode : Encoding.Unicode).GetString(source[..length]);
            default:
                int bytes = 0;
                while (bytes + 3 < source.Length && (source[bytes] | source[bytes + 1] | source[bytes + 2] | source[bytes + 3]) != 0)
                {
                    bytes += 4;
                }

                return new UTF32Encoding(isBigEndian, byteOrderMark: false).GetString(source[..bytes]);
        }
    }

    private Array ReadNumbers(ReadOnlySpan<byte> source, CScalarType type, int count)
    {
        Array? numbers = (type.Kind, type.Size) switch
        {
            (CScalarKind.Signed, 1) => new sbyte[count],
            (CScalarKind.Unsigned, 1) => new byte[count],
            (CScalarKind.Signed, 2) => new short[count],
            (CScalarKind.Unsigned, 2) => new ushort[count],
            (CScalarKind.Signed, 4) => new int[count],
            (CScalarKind.Unsigned, 4) => new uint[count],
            (CScalarKind.Signed, 8) => new long[count],
            (CScalarKind.Unsigned, 8) => new ulong[count],
            (CScalarKind.Float, 4) => new float[count],
            (CScalarKind.Float, 8) => new double[count],
            _ => null,
        };
        if (numbers is not null && isBigEndian != BitConverter.IsLittleEndian)
        {
            source[..(int)(count * type.Size)].CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(numbers), (int)(count * type.Size)));
            return numbers;
        }

        numbers ??= type.Kind == CScalarKind.Bool ? new bool[count] : type.Kind == CScalarKind.Signed ? new Int128[count] : type.Kind == CScalarKind.Unsigned ? new UInt128[count] : new double[count];
        int size = (int)type.Size;
        for (int i = 0; i < count; i++)
        {
            numbers.SetValue(ReadScalar(source.Slice(i * size, size), type), i);
        }

        return numbers;
    }

    private Int128 ReadInteger(ReadOnlySpan<byte> source, bool isSigned)
    {
        Span<byte> bytes = stackalloc byte[16];
        bool isNegative = isSigned && (source[isBigEndian ? 0 : source.Length - 1] & 0x80) != 0;
        bytes.Fill(isNegative ? (byte)0xFF : (byte)0);
        if (isBigEndian)
        {
            source.CopyTo(bytes[(16 - source.Length)..]);
            return BinaryPrimitives.ReadInt128BigEndian(bytes);
        }

        source.CopyTo(bytes);
        return BinaryPrimitives.ReadInt128LittleEndian(bytes);
    }
}
