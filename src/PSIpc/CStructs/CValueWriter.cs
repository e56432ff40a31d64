using System.Buffers.Binary;
using System.Collections;
using System.Management.Automation;
using System.Text;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>Writes PowerShell's values as the bytes of C types. What is not given is 0; what does not fit is an error, never cut off.</summary>
internal readonly struct CValueWriter(bool isBigEndian)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes a value into bytes that are 0.</summary>
    /// <param name="target">As many bytes as the type has.</param>
    /// <param name="type">The type.</param>
    /// <param name="value">The value.</param>
    /// <param name="what">What it is for, for the message of an error.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>.</exception>
    public void Write(Span<byte> target, CType type, object? value, string what = "")
    {
        switch (type)
        {
            case CScalarType scalar:
                WriteScalar(target, scalar, value, Title(what, type));
                break;
            case CPointerType:
                WriteInteger(target, Unwrap(value) is null ? 0 : CNumbers.ToInteger(value, 64, Unwrap(value) is nint or long or int, Title(what, type)));
                break;
            case CEnumType named:
                WriteEnum(target, named, value, Title(what, type));
                break;
            case CArrayType array:
                WriteArray(target, array, value, Title(what, type));
                break;
            case CStructType structure:
                WriteStructure(target, structure, value, what);
                break;
            default:
                throw CNumbers.Error(Messages.CValueCannotBeWritten.With(Title(what, type)));
        }
    }

    private static string Title(string what, CType type) => what.Length == 0 ? type.Name : $"'{what}' ({type})";

    private void WriteScalar(Span<byte> target, CScalarType type, object? value, string what)
    {
        switch (type.Kind)
        {
            case CScalarKind.Bool:
                target[0] = CNumbers.ToBoolean(value, what) ? (byte)1 : (byte)0;
                break;
            case CScalarKind.Float when type.Size == 4:
                WriteInteger(target, BitConverter.SingleToUInt32Bits(CNumbers.ToSingle(value, what)));
                break;
            case CScalarKind.Float:
                WriteInteger(target, BitConverter.DoubleToUInt64Bits(CNumbers.ToDouble(value, what)));
                break;
            case CScalarKind.Extended or CScalarKind.Quadruple:
                WriteInteger(target, (Int128)CLongDouble.FromDouble(CNumbers.ToDouble(value, what), type.Kind == CScalarKind.Extended));
                break;
            default:
                object? number = type.Text == CText.None || Unwrap(value) is not string text ? value
                    : text.Length == 1 ? text[0]
                    : throw CNumbers.Error(Messages.CValueTextForCharacter.With(what, text));
                WriteInteger(target, CNumbers.ToInteger(number, (int)type.Size * 8, type.Kind == CScalarKind.Signed, what));
                break;
        }
    }

    private void WriteEnum(Span<byte> target, CEnumType type, object? value, string what)
    {
        object? plain = Unwrap(value);
        Int128 number = plain is string name && type.Constants.TryGetValue(name, out long constant) ? constant
            : plain is string other && (other.Length == 0 || !(char.IsAsciiDigit(other[0]) || other[0] == '-'))
                ? throw CNumbers.Error(Messages.CEnumHasNoConstant.With(what, other, string.Join(", ", type.Constants.Keys)))
                : CNumbers.ToInteger(plain, (int)type.Size * 8, type.Number.Kind == CScalarKind.Signed, what);
        WriteInteger(target, number);
    }

    private void WriteArray(Span<byte> target, CArrayType type, object? value, string what)
    {
        object? plain = Unwrap(value);
        CText text = type.Element is CScalarType scalar ? scalar.Text : CText.None;
        if (text != CText.None && plain is string characters)
        {
            WriteText(target, text, characters, what);
            return;
        }

        if (plain is byte[] bytes && type.Element is CScalarType { Size: 1 } single && (single.Kind == CScalarKind.Unsigned || single.Text != CText.None))
        {
            RequireRoom(bytes.Length, type, what);
            bytes.CopyTo(target);
            return;
        }

        if (plain is string or IDictionary || LanguagePrimitives.GetEnumerable(plain) is not { } items)
        {
            throw CNumbers.Error((text == CText.None ? Messages.CArrayTakesList : Messages.CArrayTakesTextOrList).With(what, type.Count, plain?.GetType().ToString() ?? "null"));
        }

        int count = 0;
        int size = (int)type.Element.Size;
        foreach (object? item in items)
        {
            RequireRoom(count + 1, type, what);
            Write(target.Slice(count * size, size), type.Element, item, $"element {count} of {what}");
            count++;
        }
    }

    private static void RequireRoom(int count, CArrayType type, string what)
    {
        if (count > type.Count)
        {
            throw CNumbers.Error(Messages.CArrayTooManyElements.With(what, type.Count));
        }
    }

    private void WriteText(Span<byte> target, CText text, string value, string what)
    {
        Encoding encoding = text switch
        {
            CText.Utf8 => StrictUtf8,
            CText.Utf16 => new UnicodeEncoding(isBigEndian, byteOrderMark: false, throwOnInvalidBytes: true),
            _ => new UTF32Encoding(isBigEndian, byteOrderMark: false, throwOnInvalidCharacters: true),
        };
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw CNumbers.Error(Messages.CTextWithZero.With(what));
        }

        byte[] bytes;
        try
        {
            bytes = encoding.GetBytes(value);
        }
        catch (EncoderFallbackException)
        {
            throw CNumbers.Error(Messages.CTextWithHalfPair.With(what));
        }

        if (bytes.Length > target.Length)
        {
            throw CNumbers.Error(Messages.CTextTooLong.With(what, target.Length, bytes.Length));
        }

        bytes.CopyTo(target);
    }

    private void WriteStructure(Span<byte> target, CStructType type, object? value, string what)
    {
        if (Unwrap(value) is byte[] bytes)
        {
            if (bytes.Length != type.Size)
            {
                throw CNumbers.Error(Messages.CBytesLength.With(type.Title, type.Size, bytes.Length));
            }

            bytes.CopyTo(target);
            return;
        }

        var members = new MemberSource(value, type, what);
        members.RequireKnown(type);
        WriteMembers(target, type, members, what);
    }

    private void WriteMembers(Span<byte> target, CStructType type, MemberSource members, string what)
    {
        if (type.IsUnion)
        {
            WriteUnion(target, type, members, what);
            return;
        }

        foreach (CStructField member in type.Members)
        {
            WriteMember(target, member, members, what);
        }
    }

    /// <summary>Writes the member of a union from which all that are given follow: read objects have every member.</summary>
    private void WriteUnion(Span<byte> target, CStructType type, MemberSource members, string what)
    {
        CStructField[] given = [.. type.Members.Where(m => IsGiven(m, members)).OrderByDescending(m => m.Size)];
        foreach (CStructField member in given)
        {
            target.Clear();
            WriteMember(target, member, members, what);
            if (given.Length == 1 || IsSeenBy(target, given, members, what))
            {
                return;
            }
        }

        if (given.Length > 0)
        {
            throw CNumbers.Error(Messages.CUnionMembersDiffer.With(string.Join(" and ", given.Select(m => $"'{m.Name}'")), type.Title));
        }
    }

    private bool IsSeenBy(ReadOnlySpan<byte> written, CStructField[] given, MemberSource members, string what)
    {
        var reader = new CValueReader(isBigEndian);
        foreach (CStructField member in given)
        {
            // What both the bytes and the value are as bytes, once they went through the same conversion.
            byte[] seen = new byte[written.Length];
            byte[] wanted = new byte[written.Length];
            WriteMember(wanted, member, members, what);
            var again = new PSObject();
            reader.ReadMember(again, written, member);
            WriteMember(seen, member, new MemberSource(again), what);
            if (!seen.AsSpan().SequenceEqual(wanted))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsGiven(CStructField member, MemberSource members) =>
        member.Name.Length > 0 ? members.TryGet(member.Name, out _) : ((CStructType)member.ValueType).Members.Any(m => IsGiven(m, members));

    private void WriteMember(Span<byte> target, CStructField member, MemberSource members, string what)
    {
        if (member.Name.Length == 0)
        {
            WriteMembers(target.Slice((int)member.Offset, (int)member.Size), (CStructType)member.ValueType, members, what);
        }
        else if (members.TryGet(member.Name, out object? value))
        {
            string path = what.Length == 0 ? member.Name : $"{what}.{member.Name}";
            if (member.IsBitField)
            {
                WriteBits(target, member, value, path);
            }
            else
            {
                Write(target.Slice((int)member.Offset, (int)member.Size), member.ValueType, value, path);
            }
        }
    }

    private void WriteBits(Span<byte> target, CStructField member, object? value, string what)
    {
        string title = $"'{what}' ({member.Type} : {member.BitWidth})";
        CScalarType number = (member.ValueType as CEnumType)?.Number ?? (CScalarType)member.ValueType;
        object? plain = Unwrap(value);
        Int128 integer = number.Kind == CScalarKind.Bool ? (CNumbers.ToBoolean(value, title) ? 1 : 0)
            : plain is string name && member.ValueType is CEnumType named && named.Constants.TryGetValue(name, out long constant) ? CNumbers.ToInteger(constant, member.BitWidth, number.Kind == CScalarKind.Signed, title)
            : CNumbers.ToInteger(value, member.BitWidth, number.Kind == CScalarKind.Signed, title);
        CBits.Write(target, (member.Offset * 8) + member.BitOffset, member.BitWidth, (ulong)integer, isBigEndian);
    }

    private void WriteInteger(Span<byte> target, Int128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (isBigEndian)
        {
            BinaryPrimitives.WriteInt128BigEndian(bytes, value);
            bytes[(16 - target.Length)..].CopyTo(target);
        }
        else
        {
            BinaryPrimitives.WriteInt128LittleEndian(bytes, value);
            bytes[..target.Length].CopyTo(target);
        }
    }
}
