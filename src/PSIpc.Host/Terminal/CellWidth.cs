using System.Globalization;
using System.Text;

namespace PSIpc.Host.Terminal;

/// <summary>How many columns of a terminal a text takes.</summary>
internal static class CellWidth
{
    /// <summary>The columns of a text; escape sequences and combining marks take none, East Asian wide characters two.</summary>
    public static int Of(ReadOnlySpan<char> text)
    {
        int width = 0;
        int at = 0;
        while (at < text.Length)
        {
            if (text[at] == '\e')
            {
                at += EscapeLength(text[at..]);
                continue;
            }

            Rune.DecodeFromUtf16(text[at..], out Rune rune, out int used);
            width += Of(rune);
            at += used;
        }

        return width;
    }

    private static int Of(Rune rune)
    {
        int value = rune.Value;
        if (value < 0x20 || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
        {
            return 0;
        }

        return IsWide(value) ? 2 : 1;
    }

    // The ranges that Unicode's EastAsianWidth.txt calls Wide or Fullwidth, rounded to whole blocks.
    private static bool IsWide(int value) => value is
        (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF and not 0x303F) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF01 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD);

    // A control sequence (ESC [ … letter), an operating system command (ESC ] … BEL or ESC \), else two characters.
    private static int EscapeLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 2)
        {
            return text.Length;
        }

        int end = text[1] switch
        {
            '[' => text[2..].IndexOfAnyInRange('@', '~'),
            ']' => text[2..].IndexOfAny('\a', '\\'),
            _ => -1,
        };
        return end >= 0 ? end + 3 : text[1] is '[' or ']' ? text.Length : 2;
    }
}
