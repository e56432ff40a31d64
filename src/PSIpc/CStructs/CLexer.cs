using System.Globalization;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Splits C text into words (ISO C 6.4), without comments.</summary>
internal sealed class CLexer(string text)
{
    private const int LongestWord = 255;

    private static readonly string[] LongSigns = ["...", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||"];

    private int _at;
    private int _line = 1;
    private int _lineStart;

    /// <summary>All words, the end last.</summary>
    public static List<CToken> Split(string text)
    {
        var lexer = new CLexer(text);
        var tokens = new List<CToken>();
        do
        {
            tokens.Add(lexer.Next(isLineStart: tokens.Count == 0 || lexer.IsNewLine(tokens[^1].Line)));
        }
        while (tokens[^1].Kind != CTokenKind.End);
        return tokens;
    }

    /// <summary>The error for text that is not C.</summary>
    public static IpcException Error(int line, int column, string what) =>
        new(IpcErrorKind.InvalidDeclaration, Messages.CDeclarationNotUnderstood.With(line, column, what));

    private bool IsNewLine(int lineBefore)
    {
        SkipBlanks();
        return _line > lineBefore;
    }

    private CToken Next(bool isLineStart)
    {
        SkipBlanks();
        int line = _line;
        int column = _at - _lineStart + 1;
        if (_at >= text.Length)
        {
            return new CToken(CTokenKind.End, "", default, line, column);
        }

        char c = text[_at];
        if (c == '#' && isLineStart)
        {
            return new CToken(CTokenKind.Directive, ReadDirective(), default, line, column);
        }

        if (char.IsAsciiLetter(c) || c == '_')
        {
            int start = _at;
            while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_'))
            {
                _at++;
            }

            return _at - start <= LongestWord
                ? new CToken(CTokenKind.Word, text[start.._at], default, line, column)
                : throw Error(line, column, Messages.CNameTooLong.With(LongestWord));
        }

        if (char.IsAsciiDigit(c))
        {
            int start = _at;
            CConstant value = ReadNumber(line, column);
            return new CToken(CTokenKind.Number, text[start.._at], value, line, column);
        }

        if (c == '\'')
        {
            int start = _at;
            CConstant value = CConstant.Of(ReadCharacter(line, column));
            return new CToken(CTokenKind.Number, text[start.._at], value, line, column);
        }

        string sign = Array.Find(LongSigns, s => string.CompareOrdinal(text, _at, s, 0, s.Length) == 0) ?? c.ToString();
        _at += sign.Length;
        return new CToken(CTokenKind.Sign, sign, default, line, column);
    }

    private void SkipBlanks()
    {
        while (_at < text.Length)
        {
            if (text[_at] == '\n')
            {
                _at++;
                StartLine();
            }
            else if (char.IsWhiteSpace(text[_at]) || (text[_at] == '\\' && _at + 1 < text.Length && text[_at + 1] is '\r' or '\n'))
            {
                _at++; // a backslash at the end of a line joins it with the next
            }
            else if (StartsWith("//"))
            {
                int end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else if (StartsWith("/*"))
            {
                SkipComment();
            }
            else
            {
                return;
            }
        }
    }

    private void SkipComment()
    {
        int end = text.IndexOf("*/", _at + 2, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Error(_line, _at - _lineStart + 1, Messages.CCommentDoesNotEnd);
        }

        while (_at < end)
        {
            if (text[_at++] == '\n')
            {
                StartLine();
            }
        }

        _at = end + 2;
    }

    /// <summary>The line after the #, with those that a backslash joins to it, and a blank for each comment.</summary>
    private string ReadDirective()
    {
        _at++;
        var line = new System.Text.StringBuilder();
        while (_at < text.Length && text[_at] != '\n')
        {
            if (StartsWith("//"))
            {
                int end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else if (StartsWith("/*"))
            {
                SkipComment();
                line.Append(' ');
            }
            else if (text[_at] == '\\' && (StartsWith("\\\n") || StartsWith("\\\r\n")))
            {
                _at = text.IndexOf('\n', _at) + 1;
                StartLine();
                line.Append(' ');
            }
            else
            {
                line.Append(text[_at++]);
            }
        }

        return line.ToString().Trim();
    }

    /// <summary>Decimal, hexadecimal, octal or binary, with the suffixes u and l.</summary>
    private CConstant ReadNumber(int line, int column)
    {
        int start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '.'))
        {
            _at++;
        }

        string all = text[start.._at].ToLowerInvariant();
        string digits = all.TrimEnd('u', 'l');
        ulong value = 0;
        bool parsed = digits switch
        {
            ['0', 'x', .. var hex] => ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value),
            ['0', 'b', .. var binary] => ulong.TryParse(binary, NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out value),
            ['0', .. { Length: > 0 } octal] => TryParseOctal(octal, out value),
            _ => ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value),
        };
        string suffix = all[digits.Length..];
        if (!parsed || suffix is not ("" or "u" or "l" or "ul" or "lu" or "ll" or "ull" or "llu"))
        {
            throw Error(line, column, Messages.CNotInteger64.With(text[start.._at]));
        }

        // The first type that holds it; a decimal number without u is not unsigned (ISO C 6.4.4.1).
        bool isUnsigned = suffix.Contains('u', StringComparison.Ordinal);
        bool mayBeUnsigned = isUnsigned || digits is ['0', _, ..];
        bool isLong = suffix.Contains('l', StringComparison.Ordinal) || value > uint.MaxValue || (value > int.MaxValue && !mayBeUnsigned);
        isUnsigned |= mayBeUnsigned && value > (isLong ? long.MaxValue : (ulong)int.MaxValue);
        return new CConstant((long)value, isUnsigned || value > long.MaxValue, isLong);
    }

    private static bool TryParseOctal(string digits, out ulong value)
    {
        value = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7' || value >> 61 != 0)
            {
                return false;
            }

            value = (value << 3) + (ulong)(digit - '0');
        }

        return true;
    }

    private long ReadCharacter(int line, int column)
    {
        int end = text.IndexOf('\'', _at + 1);
        if (end == _at + 2 && text[_at + 1] == '\\')
        {
            end = text.IndexOf('\'', end + 1);
        }

        string body = end < 0 ? "" : text[(_at + 1)..end];
        long? value = body switch
        {
            ['\\', var escaped] => escaped switch
            {
                '0' => 0,
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'a' => '\a',
                'b' => '\b',
                'f' => '\f',
                'v' => '\v',
                '\\' or '\'' or '"' or '?' => escaped,
                _ => null,
            },
            [var plain] when plain < 0x80 => plain,
            _ => null,
        };
        _at = end + 1;
        return value ?? throw Error(line, column, Messages.CCharacterConstant);
    }

    private bool StartsWith(string start) => string.CompareOrdinal(text, _at, start, 0, start.Length) == 0;

    private void StartLine()
    {
        _line++;
        _lineStart = _at;
    }
}
