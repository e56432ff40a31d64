namespace PSIpc;

/// <content>Declarators (pointers, arrays, functions) and constant expressions.</content>
internal sealed partial class CDeclarationParser
{
    private static readonly Dictionary<string, int> Precedences = new(StringComparer.Ordinal)
    {
        ["||"] = 1,
        ["&&"] = 2,
        ["|"] = 3,
        ["^"] = 4,
        ["&"] = 5,
        ["=="] = 6,
        ["!="] = 6,
        ["<"] = 7,
        [">"] = 7,
        ["<="] = 7,
        [">="] = 7,
        ["<<"] = 8,
        [">>"] = 8,
        ["+"] = 9,
        ["-"] = 9,
        ["*"] = 10,
        ["/"] = 10,
        ["%"] = 10,
    };

    /// <summary>A type without a name in it, as in <c>sizeof</c> and for parameters (whose name is passed over).</summary>
    private CType ReadAbstractType(out bool isConst)
    {
        CType specified = ReadSpecifiers(isAlone: false, out isConst, out _);
        return ReadDeclarator(specified, isConst, out _);
    }

    /// <summary>What is declared of a type: pointers to it, arrays of it, functions that return it, inside out (ISO C 6.7.6).</summary>
    private CType ReadDeclarator(CType type, bool isConst, out string? name)
    {
        Deeper();
        while (TrySkip("*"))
        {
            type = new CPointerType(type, isConst);
            isConst = false;
            while (Next.Kind == CTokenKind.Word && Qualifiers.Contains(Next.Text))
            {
                isConst |= _tokens[_at++].Text is "const";
            }
        }

        name = null;
        if (Next.Is("(") && IsDeclarator(_tokens[_at + 1]))
        {
            int inner = ++_at;
            SkipToEndOfParentheses();
            type = ReadSuffixes(type);
            int end = _at;
            _at = inner;
            type = ReadDeclarator(type, isConst: false, out name);
            Skip(")");
            _at = end;
        }
        else
        {
            name = Next.Kind == CTokenKind.Word && !Next.Is("__attribute__") ? _tokens[_at++].Text : null;
            type = ReadSuffixes(type);
        }

        _depth--;
        return type;
    }

    private static bool IsDeclarator(CToken token) => token.Is("*") || token.Is("(") || token.Is("[");

    private void SkipToEndOfParentheses()
    {
        for (int open = 1; open > 0; _at++)
        {
            if (Next.Kind == CTokenKind.End)
            {
                throw Error("')' is expected, not the end");
            }

            open += Next.Is("(") ? 1 : Next.Is(")") ? -1 : 0;
        }
    }

    private CType ReadSuffixes(CType type)
    {
        if (TrySkip("["))
        {
            Deeper();
            long count = Next.Is("]") ? 0 : ReadConstant();
            Skip("]");
            CType element = ReadSuffixes(type);
            _depth--;
            RequireElement(element, count);
            return new CArrayType(element, count);
        }

        return TrySkip("(") ? ReadFunction(type) : type;
    }

    private void RequireElement(CType element, long count)
    {
        if (count < 0 || (count > 0 && element.Size == 0))
        {
            throw Error(count < 0 ? $"an array has no {count} elements" : $"there is no array of {element}, which has no bytes");
        }
    }

    private CFunctionType ReadFunction(CType returns)
    {
        Deeper();
        var parameters = new List<CType>();
        bool isVariadic = false;
        while (!Next.Is(")"))
        {
            if (TrySkip("..."))
            {
                isVariadic = true;
                break;
            }

            CType parameter = ReadAbstractType(out bool isConst);
            parameters.Add(parameter switch
            {
                CArrayType array => new CPointerType(array.Element, isConst),
                CFunctionType => new CPointerType(parameter, isConst),
                _ => parameter,
            });
            if (!TrySkip(","))
            {
                break;
            }
        }

        Skip(")");
        _depth--;
        bool isEmpty = parameters is [CVoidType];
        return !isEmpty && parameters.Exists(p => p is CVoidType)
            ? throw Error("a parameter is not void")
            : new CFunctionType(returns, isEmpty ? [] : parameters, isVariadic);
    }

    private bool StartsType() => Next.Kind == CTokenKind.Word
        && (Next.Text is "struct" or "union" or "enum" || Qualifiers.Contains(Next.Text) || CArithmeticTypes.IsWord(Next.Text) || FindType(Next.Text) is not null);

    private long ReadConstant() => ReadConditional();

    private long ReadConditional()
    {
        Deeper();
        long condition = ReadBinary(1);
        if (TrySkip("?"))
        {
            long yes = ReadConditional();
            Skip(":");
            long no = ReadConditional();
            condition = condition != 0 ? yes : no;
        }

        _depth--;
        return condition;
    }

    /// <summary>Operators by precedence climbing, in 64 bits.</summary>
    private long ReadBinary(int lowest)
    {
        long left = ReadUnary();
        while (Next.Kind == CTokenKind.Sign && Precedences.TryGetValue(Next.Text, out int precedence) && precedence >= lowest)
        {
            string sign = _tokens[_at++].Text;
            long right = ReadBinary(precedence + 1);
            if (right == 0 && sign is "/" or "%" && right == 0)
            {
                throw Error("a division by 0");
            }

            left = checked(sign switch
            {
                "||" => left != 0 || right != 0 ? 1 : 0,
                "&&" => left != 0 && right != 0 ? 1 : 0,
                "|" => left | right,
                "^" => left ^ right,
                "&" => left & right,
                "==" => left == right ? 1 : 0,
                "!=" => left != right ? 1 : 0,
                "<" => left < right ? 1 : 0,
                ">" => left > right ? 1 : 0,
                "<=" => left <= right ? 1 : 0,
                ">=" => left >= right ? 1 : 0,
                "<<" => right is >= 0 and < 64 ? left << (int)right : throw Error("a shift by more than 63 bits"),
                ">>" => right is >= 0 and < 64 ? left >> (int)right : throw Error("a shift by more than 63 bits"),
                "+" => left + right,
                "-" => left - right,
                "*" => left * right,
                "/" => left / right,
                _ => left % right,
            });
        }

        return left;
    }

    private long ReadUnary()
    {
        Deeper();
        long value = ReadUnaryInside();
        _depth--;
        return value;
    }

    private long ReadUnaryInside()
    {
        CToken token = Next;
        _at++;
        switch (token.Kind)
        {
            case CTokenKind.Number:
                return token.Value;
            case CTokenKind.Word when token.Text is "sizeof" or "_Alignof" or "alignof":
                Skip("(");
                CType type = ReadAbstractType(out _);
                Skip(")");
                return token.Text == "sizeof" ? type.Size : type.Alignment;
            case CTokenKind.Word when _scope.TryConstant(token.Text, out long constant):
                return constant;
            case CTokenKind.Sign when token.Text is "+" or "-" or "~" or "!":
                long operand = ReadUnary();
                return token.Text switch { "-" => checked(-operand), "~" => ~operand, "!" => operand == 0 ? 1 : 0, _ => operand };
            case CTokenKind.Sign when token.Text == "(":
                long inner = ReadConditional();
                Skip(")");
                return inner;
            default:
                _at--;
                throw Error($"a whole number is expected, not {token}");
        }
    }
}
