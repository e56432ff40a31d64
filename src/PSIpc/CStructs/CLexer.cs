using System.Globalization;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Splits C text into words (ISO C 6.4), without comments.</summary>
internal sealed class CLexer(string text)
{
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
        new(IpcErrorKind.InvalidDeclaration, $"The C declaration is not understood at line {line}, column {column}: {what}.");

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
            return new CToken(CTokenKind.End, "", 0, line, column);
        }

        char c = text[_at];
        if (c == '#' && isLineStart)
        {
            return new CToken(CTokenKind.Directive, ReadDirective(), 0, line, column);
        }

        if (char.IsAsciiLetter(c) || c == '_')
        {
            int start = _at;
            while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_'))
            {
                _at++;
            }

            return new CToken(CTokenKind.Word, text[start.._at], 0, line, column);
        }

        if (char.IsAsciiDigit(c))
        {
            int start = _at;
            long value = ReadNumber(line, column);
            return new CToken(CTokenKind.Number, text[start.._at], value, line, column);
        }

        if (c == '\'')
        {
            int start = _at;
            long value = ReadCharacter(line, column);
            return new CToken(CTokenKind.Number, text[start.._at], value, line, column);
        }

        string sign = Array.Find(LongSigns, s => string.CompareOrdinal(text, _at, s, 0, s.Length) == 0) ?? c.ToString();
        _at += sign.Length;
        return new CToken(CTokenKind.Sign, sign, 0, line, column);
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
            else if (char.IsWhiteSpace(text[_at]))
            {
                _at++;
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
            throw Error(_line, _at - _lineStart + 1, "the comment does not end");
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

    private string ReadDirective()
    {
        int start = ++_at;
        int end = text.IndexOf('\n', _at);
        _at = end < 0 ? text.Length : end;
        string line = text[start.._at];
        int comment = line.IndexOf("//", StringComparison.Ordinal);
        int block = line.IndexOf("/*", StringComparison.Ordinal);
        if (block >= 0 && (comment < 0 || block < comment))
        {
            _at = start + block;
            comment = block;
        }

        return (comment < 0 ? line : line[..comment]).Trim();
    }

    /// <summary>Decimal, hexadecimal, octal or binary, with the suffixes u and l.</summary>
    private long ReadNumber(int line, int column)
    {
        int start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '.'))
        {
            _at++;
        }

        string digits = text[start.._at].ToLowerInvariant().TrimEnd('u', 'l');
        bool parsed = digits switch
        {
            ['0', 'x', .. var hex] => ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _),
            ['0', 'b', .. var binary] => ulong.TryParse(binary, NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out _),
            ['0', .. { Length: > 0 } octal] => octal.Length <= 21 && octal.All(d => d is >= '0' and <= '7'),
            _ => ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        };
        if (!parsed)
        {
            throw Error(line, column, $"'{text[start.._at]}' is not a whole number of at most 64 bits");
        }

        return digits switch
        {
            ['0', 'x', .. var hex] => (long)ulong.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            ['0', 'b', .. var binary] => (long)ulong.Parse(binary, NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture),
            ['0', .. { Length: > 0 } octal] => octal.Aggregate(0L, (value, digit) => (value << 3) + (digit - '0')),
            _ => (long)ulong.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture),
        };
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
        return value ?? throw Error(line, column, "a character constant is one ASCII character, or a backslash and one of 0abfnrtv\\'\"?");
    }

    private bool StartsWith(string start) => string.CompareOrdinal(text, _at, start, 0, start.Length) == 0;

    private void StartLine()
    {
        _line++;
        _lineStart = _at;
    }
}
