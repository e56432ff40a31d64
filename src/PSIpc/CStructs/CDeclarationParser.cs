using System.Globalization;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Reads declarations of C types (ISO C 6.7, with the packing and alignment of GCC and Microsoft's compiler), and lays them out.</summary>
/// <remarks>
/// Text can come from another process: its length, nesting and sizes are bounded. What C declares besides types (variables, functions, code) is refused.
/// </remarks>
internal sealed partial class CDeclarationParser
{
    /// <summary>The longest text, in characters.</summary>
    public const int LongestText = 1_000_000;

    private const int DeepestNesting = 64;
    private const int LargestAlignment = 4096;

    private static readonly HashSet<string> Qualifiers =
        new(["const", "volatile", "restrict", "__restrict", "register", "static", "extern", "__const"], StringComparer.Ordinal);

    private static readonly HashSet<string> CallingConventions =
        new(["__stdcall", "__cdecl", "__fastcall", "__vectorcall", "WINAPI", "CALLBACK", "APIENTRY"], StringComparer.Ordinal);

    private static readonly HashSet<string> ReservedNames =
        new(["psobject", "psbase", "psadapted", "psextended", "pstypenames"], StringComparer.OrdinalIgnoreCase);

    private readonly CScope _scope;
    private readonly Func<string, CStruct?> _known;
    private readonly List<CToken> _tokens;
    private readonly HashSet<string> _declaredHere = new(StringComparer.Ordinal);
    private readonly Stack<int> _packs = new();
    private int _at;
    private int _depth;
    private int _pack;

    /// <summary>Begins to read a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="scope">What is declared already, and where it declares more.</param>
    /// <param name="pack">The most that members are aligned to, until the text says otherwise; 0 for no limit.</param>
    /// <param name="known">Finds a structure that another text declared.</param>
    public CDeclarationParser(string text, CScope scope, int pack, Func<string, CStruct?> known)
    {
        if (text.Length > LongestText)
        {
            throw new IpcException(IpcErrorKind.InvalidDeclaration, Messages.CDeclarationTooLong.With(text.Length, LongestText));
        }

        _scope = scope;
        _pack = pack;
        _known = known;
        _tokens = CLexer.Split(text);
        for (int i = 0; i + 2 < _tokens.Count; i++)
        {
            // What this text declares is never another text's, though it is named before.
            if ((_tokens[i].Is("struct") || _tokens[i].Is("union")) && _tokens[i + 1].Kind == CTokenKind.Word && _tokens[i + 2].Is("{"))
            {
                _declaredHere.Add(_tokens[i + 1].Text);
            }
        }
    }

    /// <summary>The structures of other texts that this one uses.</summary>
    public List<CStruct> Used { get; } = [];

    private CToken Next => _tokens[_at];

    /// <summary>Reads all declarations.</summary>
    public void ReadAll()
    {
        try
        {
            while (Next.Kind != CTokenKind.End)
            {
                if (Next.Kind == CTokenKind.Directive)
                {
                    ReadDirective();
                }
                else if (!TrySkip(";"))
                {
                    ReadDeclaration();
                }
            }
        }
        catch (OverflowException)
        {
            throw Error(Messages.CSizeBeyond64Bits);
        }
    }

    /// <summary>Reads the name of a type, such as <c>const char *</c>, and nothing else.</summary>
    public CType ReadTypeName()
    {
        try
        {
            CType type = ReadAbstractType(out _);
            return Next.Kind == CTokenKind.End ? type : throw Error(Messages.CAfterTheType.With(Next));
        }
        catch (OverflowException)
        {
            throw Error(Messages.CSizeBeyond64Bits);
        }
    }

    private void ReadDirective()
    {
        string[] words = Next.Text.Replace("(", " ( ", StringComparison.Ordinal).Replace(")", " ) ", StringComparison.Ordinal).Replace(",", " ", StringComparison.Ordinal)
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["pragma", "pack", "(", .. var arguments, ")"]:
                Pack(arguments);
                break;
            case ["pragma", "once"] or ["include", ..]:
                break;
            case ["define", var name, ..] when Next.Text.Contains(name + "(", StringComparison.Ordinal):
                throw Error(Messages.CMacroWithParameters);
            case ["define", var name, _, ..]:
                Define(name, Next.Text[(Next.Text.IndexOf(name, "define".Length, StringComparison.Ordinal) + name.Length)..]);
                break;
            case ["define", _]:
                break;
            default:
                throw Error(Messages.CDirectiveNotRead.With(Next.Text));
        }

        _at++;
    }

    private void Pack(string[] arguments)
    {
        switch (arguments)
        {
            case []:
                _pack = 0;
                break;
            case ["push"]:
                _packs.Push(_pack);
                break;
            case ["push", var size]:
                _packs.Push(_pack);
                _pack = PackSize(size);
                break;
            case ["pop"]:
                _pack = _packs.TryPop(out int before) ? before : throw Error(Messages.CPackPopWithoutPush);
                break;
            case [var size]:
                _pack = PackSize(size);
                break;
            default:
                throw Error(Messages.CPackArguments);
        }
    }

    private int PackSize(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size is 1 or 2 or 4 or 8 or 16
        ? size
        : throw Error(Messages.CPackValue.With(text));

    private void Define(string name, string value)
    {
        CToken directive = Next;
        var inner = new CDeclarationParser(value, _scope, 0, _known);
        CConstant number = inner.ReadConstant();
        if (inner.Next.Kind != CTokenKind.End || !_scope.TryAddConstant(name, number))
        {
            throw CLexer.Error(directive.Line, directive.Column, Messages.CDefinedAlready.With(name));
        }
    }

    private void ReadDeclaration()
    {
        bool isTypedef = TrySkip("typedef");
        CType specified = ReadSpecifiers(isAlone: true, out bool isConst, out int alignment);
        if (alignment != 0)
        {
            throw Error(Messages.CAlignmentOutsideStructure);
        }

        if (TrySkip(";"))
        {
            return;
        }

        if (!isTypedef)
        {
            throw Error(Messages.CVariableOrFunction.With(Next));
        }

        do
        {
            CType type = ReadDeclarator(specified, isConst, out string? name);
            RequireName(name);
            if (_scope.TryConstant(name!, out _) || !_scope.TryAddType(name!, NameAfter(name!, specified, type)))
            {
                throw Error(Messages.CDeclaredAlready.With(name));
            }
        }
        while (TrySkip(","));
        Skip(";");
    }

    /// <summary>A structure without a tag gets the name of its typedef.</summary>
    private CType NameAfter(string name, CType specified, CType type)
    {
        if (type is CStructType { Tag: not null } tagged)
        {
            _scope.Aliases[name] = tagged;
        }

        if (type is CStructType { Tag: null } structure && ReferenceEquals(specified, type))
        {
            CStructType named = structure.Named(name);
            _scope.Structures.Add(named);
            return named;
        }

        return type;
    }

    /// <summary>The type that a declaration begins with.</summary>
    /// <param name="isAlone">Whether it may be a declaration by itself, so that a tag without members declares it.</param>
    /// <param name="isConst">Whether it is const.</param>
    /// <param name="alignment">What <c>_Alignas</c> says; 0 for nothing.</param>
    private CType ReadSpecifiers(bool isAlone, out bool isConst, out int alignment)
    {
        Deeper();
        CType type = ReadSpecifiersInside(isAlone, out isConst, out alignment);
        _depth--;
        return type;
    }

    private CType ReadSpecifiersInside(bool isAlone, out bool isConst, out int alignment)
    {
        CType? type = null;
        var words = new List<string>();
        isConst = false;
        alignment = 0;
        while (Next.Kind == CTokenKind.Word)
        {
            string word = Next.Text;
            if (Qualifiers.Contains(word))
            {
                isConst |= word is "const" or "__const";
                _at++;
            }
            else if (word is "_Alignas" or "alignas")
            {
                _at++;
                alignment = Math.Max(alignment, ReadAlignment());
            }
            else if (word is "struct" or "union" or "enum")
            {
                RequireNone(type, words);
                _at++;
                type = word == "enum" ? ReadEnum() : ReadStructure(isUnion: word == "union", isAlone);
            }
            else if (CArithmeticTypes.IsWord(word))
            {
                RequireNone(type, []);
                words.Add(word);
                _at++;
            }
            else if (type is null && words.Count == 0 && FindType(word) is { } named)
            {
                type = named;
                _at++;
            }
            else
            {
                break;
            }
        }

        return type ?? (words.Count > 0
            ? CArithmeticTypes.Find(words, _scope) ?? throw Error(Messages.CTypeNotKnown.With(string.Join(' ', words)))
            : throw Error(Next.Kind == CTokenKind.Word ? Messages.CNotNameOfType.With(Next) : Messages.CExpectsType.With(Next)));
    }

    private void RequireNone(CType? type, List<string> words)
    {
        if (type is not null || words.Count > 0)
        {
            throw Error(Messages.CAfterAType.With(Next));
        }
    }

    private CType? FindType(string name) => _scope.Type(name) ?? _scope.Tag(name) ?? FindElsewhere(name);

    private CStructType? FindElsewhere(string name)
    {
        if (_declaredHere.Contains(name) || _known(name) is not { } known || known.Model != _scope.Model)
        {
            return null;
        }

        if (!Used.Contains(known))
        {
            Used.Add(known);
        }

        return known.Type;
    }

    private string ReadName() => Next.Kind == CTokenKind.Word ? _tokens[_at++].Text : throw Error(Messages.CExpectsName.With(Next));

    private void RequireName(string? name)
    {
        if (name is null)
        {
            throw Error(Messages.CExpectsName.With(Next));
        }
    }

    private bool TrySkip(string sign)
    {
        if (!Next.Is(sign))
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Skip(string sign)
    {
        if (!TrySkip(sign))
        {
            throw Error(Messages.CExpectsToken.With(sign, Next));
        }
    }

    private void Deeper()
    {
        if (++_depth > DeepestNesting)
        {
            throw Error(Messages.ReasonNestedTooDeep.With(DeepestNesting));
        }
    }

    private IpcException Error(string what) => CLexer.Error(Next.Line, Next.Column, what);
}
