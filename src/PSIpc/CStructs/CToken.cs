using PSIpc.Core;

namespace PSIpc;

/// <summary>The kinds of C's words.</summary>
internal enum CTokenKind
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>A name or a keyword.</summary>
    Word,

    /// <summary>An integer or a character constant.</summary>
    Number,

    /// <summary>Any other sign.</summary>
    Sign,

    /// <summary>A line that begins with <c>#</c>.</summary>
    Directive,
}

/// <summary>A word of C.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As it is written; of a directive the line after the <c>#</c>.</param>
/// <param name="Value">Of a number.</param>
/// <param name="Line">Where it is, from 1.</param>
/// <param name="Column">Where it is, from 1.</param>
internal readonly record struct CToken(CTokenKind Kind, string Text, CConstant Value, int Line, int Column)
{
    /// <summary>Whether it is this sign or keyword.</summary>
    public bool Is(string text) => Kind is CTokenKind.Sign or CTokenKind.Word && Text == text;

    /// <summary>As an error message names it.</summary>
    public override string ToString() => Kind == CTokenKind.End ? Messages.CEndOfText : $"'{Text}'";
}
