using System.Globalization;
using System.Text;
using System.Text.Unicode;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Python's texts: UTF-8 in which half of a surrogate pair is written like any character (its <c>surrogatepass</c>), and the escapes of protocol 0.</summary>
internal static class PythonText
{
    /// <summary>Reads UTF-8.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : DecodeWithSurrogates(bytes);

    /// <summary>The bytes that a text is written as.</summary>
    public static int ByteCount(string text, out bool hasLoneSurrogate)
    {
        hasLoneSurrogate = HasLoneSurrogate(text);
        return hasLoneSurrogate ? EncodeWithSurrogates(text).Length : Encoding.UTF8.GetByteCount(text);
    }

    /// <summary>A text in which half of a surrogate pair stands alone, as bytes.</summary>
    public static byte[] EncodeWithSurrogates(string text)
    {
        var bytes = new List<byte>(text.Length * 3);
        Span<byte> one = stackalloc byte[4];
        for (int i = 0; i < text.Length; i++)
        {
            if (Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                bytes.AddRange(one[..rune.EncodeToUtf8(one)]);
                i += rune.Utf16SequenceLength - 1;
            }
            else
            {
                char half = text[i];
                bytes.AddRange([(byte)(0xe0 | (half >> 12)), (byte)(0x80 | ((half >> 6) & 0x3f)), (byte)(0x80 | (half & 0x3f))]);
            }
        }

        return [.. bytes];
    }

    /// <summary>A <c>str</c> of Python 2, which has bytes: a text where all are ASCII, else the bytes.</summary>
    public static object OfPython2(ReadOnlySpan<byte> bytes) => Ascii.IsValid(bytes) ? Encoding.ASCII.GetString(bytes) : bytes.ToArray();

    /// <summary>A text of protocol 0 in quotation marks, with the escapes of Python's bytes.</summary>
    public static object FromQuoted(ReadOnlySpan<byte> line)
    {
        if (line.Length < 2 || line[0] != line[^1] || line[0] is not ((byte)'\'' or (byte)'"'))
        {
            throw new FormatException(Messages.ReasonTextNoQuotes);
        }

        line = line[1..^1];
        var bytes = new List<byte>(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != '\\')
            {
                bytes.Add(line[i]);
                continue;
            }

            i++;
            bytes.Add(i < line.Length ? Escaped(line, ref i) : throw new FormatException(Messages.ReasonTextEscapeCut));
        }

        return OfPython2(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
    }

    /// <summary>A text of protocol 0: Latin-1, and <c>\uXXXX</c> and <c>\UXXXXXXXX</c>.</summary>
    public static string FromRawUnicodeEscape(ReadOnlySpan<byte> line)
    {
        if (line.IndexOf((byte)'\\') < 0)
        {
            return Encoding.Latin1.GetString(line);
        }

        var text = new StringBuilder(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            int digits = line[i] != '\\' || i + 1 == line.Length ? 0 : line[i + 1] == 'u' ? 4 : line[i + 1] == 'U' ? 8 : 0;
            if (digits == 0)
            {
                text.Append((char)line[i]);
                continue;
            }

            uint code = i + 2 + digits <= line.Length
                && uint.TryParse(line.Slice(i + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint parsed) ? parsed : uint.MaxValue;
            _ = code <= 0xffff ? text.Append((char)code)
                : code <= 0x10ffff ? text.Append(char.ConvertFromUtf32((int)code))
                : throw new FormatException(Messages.ReasonTextEscape);
            i += 1 + digits;
        }

        return text.ToString();
    }

    private static bool HasLoneSurrogate(string text)
    {
        int at = text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff');
        for (; at >= 0 && at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
            {
                continue;
            }

            if (!Rune.TryGetRuneAt(text, at, out _))
            {
                return true;
            }

            at++;
        }

        return false;
    }

    private static string DecodeWithSurrogates(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else if (bytes.Length >= 3 && bytes[0] == 0xed && bytes[1] is >= 0xa0 and <= 0xbf && bytes[2] is >= 0x80 and <= 0xbf)
            {
                text.Append((char)(0xd000 | ((bytes[1] & 0x3f) << 6) | (bytes[2] & 0x3f)));
                length = 3;
            }
            else
            {
                throw new FormatException(Messages.ReasonTextNotUtf8);
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    private static byte Escaped(ReadOnlySpan<byte> line, ref int i)
    {
        switch (line[i])
        {
            case (byte)'n': return (byte)'\n';
            case (byte)'r': return (byte)'\r';
            case (byte)'t': return (byte)'\t';
            case (byte)'a': return 7;
            case (byte)'b': return 8;
            case (byte)'v': return 11;
            case (byte)'f': return 12;
            case (byte)'\\' or (byte)'\'' or (byte)'"': return line[i];
            case (byte)'x' when i + 2 < line.Length && byte.TryParse(line.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte code):
                i += 2;
                return code;
            case >= (byte)'0' and <= (byte)'7':
                int value = line[i] - '0';
                for (int n = 0; n < 2 && i + 1 < line.Length && line[i + 1] is >= (byte)'0' and <= (byte)'7'; n++)
                {
                    value = (value * 8) + line[++i] - '0';
                }

                return (byte)value;
            default:
                throw new FormatException(Messages.ReasonTextEscape);
        }
    }
}
