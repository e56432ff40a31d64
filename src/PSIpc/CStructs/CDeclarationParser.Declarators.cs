using PSIpc.Core;

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
        while (Next.Kind == CTokenKind.Word && CallingConventions.Contains(Next.Text))
        {
            _at++;
        }

        while (TrySkip("*"))
        {
            type = new CPointerType(type, isConst);
            RequireDepth(type);
            isConst = false;
            while (Next.Kind == CTokenKind.Word && (Qualifiers.Contains(Next.Text) || CallingConventions.Contains(Next.Text)))
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

    /// <summary>Whether a parenthesis begins an inner declarator, not the parameters of a function.</summary>
    private bool IsDeclarator(CToken token) => token.Is("*") || token.Is("(") || token.Is("[")
        || (token.Kind == CTokenKind.Word && (CallingConventions.Contains(token.Text) || !IsTypeWord(token.Text)));

    private void SkipToEndOfParentheses()
    {
        for (int open = 1; open > 0; _at++)
        {
            if (Next.Kind == CTokenKind.End)
            {
                throw Error(Messages.CExpectsParenthesis);
            }

            open += Next.Is("(") ? 1 : Next.Is(")") ? -1 : 0;
        }
    }

    private CType ReadSuffixes(CType type)
    {
        if (TrySkip("["))
        {
            Deeper();
            CConstant given = Next.Is("]") ? default : ReadConstant();
            long count = given is { IsUnsigned: true, Value: < 0 } ? throw Error(Messages.CArrayTooLarge) : given.Value;
            Skip("]");
            CType element = CScope.Complete(ReadSuffixes(type))!;
            _depth--;
            RequireElement(element, count);
            var array = new CArrayType(element, count);
            RequireDepth(array);
            return array;
        }

        return TrySkip("(") ? ReadFunction(type) : type;
    }

    private void RequireElement(CType element, long count)
    {
        if (count < 0 || (count > 0 && element.Size == 0))
        {
            throw Error(count < 0 ? Messages.CArrayNegative.With(count) : Messages.CArrayOfNothing.With(element));
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
            ? throw Error(Messages.CParameterVoid)
            : Checked(new CFunctionType(returns, isEmpty ? [] : parameters, isVariadic));
    }

    private CFunctionType Checked(CFunctionType type)
    {
        RequireDepth(type);
        return type;
    }

    private bool StartsType() => Next.Kind == CTokenKind.Word && IsTypeWord(Next.Text);

    private bool IsTypeWord(string word) =>
        word is "struct" or "union" or "enum" || Qualifiers.Contains(word) || CArithmeticTypes.IsWord(word) || FindType(word) is not null;

    private CConstant ReadConstant() => ReadConditional();

    private CConstant ReadConditional()
    {
        Deeper();
        CConstant condition = ReadBinary(1);
        if (TrySkip("?"))
        {
            CConstant yes = ReadConditional();
            Skip(":");
            CConstant no = ReadConditional();
            condition = CConstant.Wrap((condition.Value != 0 ? yes : no).Value, yes, no);
        }

        _depth--;
        return condition;
    }

    /// <summary>Operators by precedence climbing, each in the wider type of its operands.</summary>
    private CConstant ReadBinary(int lowest)
    {
        CConstant left = ReadUnary();
        while (Next.Kind == CTokenKind.Sign && Precedences.TryGetValue(Next.Text, out int precedence) && precedence >= lowest)
        {
            string sign = _tokens[_at++].Text;
            left = Operate(sign, left, ReadBinary(precedence + 1));
        }

        return left;
    }

    private CConstant Operate(string sign, CConstant left, CConstant right)
    {
        if (sign is "<<" or ">>")
        {
            int most = left.IsLong ? 63 : 31;
            return right.Value < 0 || right.Value > most
                ? throw Error(Messages.CShiftTooFar.With(most))
                : CConstant.Wrap(sign == "<<" ? left.Value << (int)right.Value : left.IsUnsigned ? (long)((ulong)left.Value >> (int)right.Value) : left.Value >> (int)right.Value, left.IsUnsigned, left.IsLong);
        }

        if (sign is "||" or "&&")
        {
            return CConstant.Of((sign == "||" ? left.Value != 0 || right.Value != 0 : left.Value != 0 && right.Value != 0) ? 1 : 0);
        }

        bool isUnsigned = CConstant.Wrap(0, left, right).IsUnsigned;
        (long l, long r) = (CConstant.Wrap(left.Value, left, right).Value, CConstant.Wrap(right.Value, left, right).Value);
        int order = isUnsigned ? ((ulong)l).CompareTo((ulong)r) : l.CompareTo(r);
        if (r == 0 && sign is "/" or "%" && r == 0)
        {
            throw Error(Messages.CDivisionByZero);
        }

        if (!isUnsigned && r == -1 && sign is "/" or "%" && r == -1)
        {
            return CConstant.Wrap(sign == "/" ? unchecked(-l) : 0, left, right);
        }

        return sign switch
        {
            "==" => CConstant.Of(l == r ? 1 : 0),
            "!=" => CConstant.Of(l != r ? 1 : 0),
            "<" => CConstant.Of(order < 0 ? 1 : 0),
            ">" => CConstant.Of(order > 0 ? 1 : 0),
            "<=" => CConstant.Of(order <= 0 ? 1 : 0),
            ">=" => CConstant.Of(order >= 0 ? 1 : 0),
            "|" => CConstant.Wrap(l | r, left, right),
            "^" => CConstant.Wrap(l ^ r, left, right),
            "&" => CConstant.Wrap(l & r, left, right),
            "+" => CConstant.Wrap(isUnsigned ? unchecked(l + r) : checked(l + r), left, right),
            "-" => CConstant.Wrap(isUnsigned ? unchecked(l - r) : checked(l - r), left, right),
            "*" => CConstant.Wrap(isUnsigned ? unchecked(l * r) : checked(l * r), left, right),
            "/" => CConstant.Wrap(isUnsigned ? (long)((ulong)l / (ulong)r) : l / r, left, right),
            _ => CConstant.Wrap(isUnsigned ? (long)((ulong)l % (ulong)r) : l % r, left, right),
        };
    }

    private CConstant ReadUnary()
    {
        Deeper();
        CConstant value = ReadUnaryInside();
        _depth--;
        return value;
    }

    private CConstant ReadUnaryInside()
    {
        CToken token = Next;
        _at++;
        switch (token.Kind)
        {
            case CTokenKind.Number:
                return token.Value;
            case CTokenKind.Word when token.Text is "sizeof" or "_Alignof" or "alignof":
                Skip("(");
                CType type = CScope.Complete(ReadAbstractType(out _))!;
                Skip(")");
                if (type is CIncompleteType or CVoidType or CFunctionType)
                {
                    throw Error(Messages.CSizeUnknown.With(type));
                }

                return new CConstant(token.Text == "sizeof" ? type.Size : type.Alignment, IsUnsigned: true, IsLong: true);
            case CTokenKind.Word when _scope.TryConstant(token.Text, out CConstant constant):
                return constant;
            case CTokenKind.Sign when token.Text is "+" or "-" or "~" or "!":
                CConstant operand = ReadUnary();
                return token.Text switch
                {
                    "-" => CConstant.Wrap(unchecked(-operand.Value), operand, operand),
                    "~" => CConstant.Wrap(~operand.Value, operand, operand),
                    "!" => CConstant.Of(operand.Value == 0 ? 1 : 0),
                    _ => operand,
                };
            case CTokenKind.Sign when token.Text == "(" && StartsType():
                return ReadCast();
            case CTokenKind.Sign when token.Text == "(":
                CConstant inner = ReadConditional();
                Skip(")");
                return inner;
            default:
                _at--;
                throw Error(Messages.CExpectsInteger.With(token));
        }
    }

    /// <summary>A cast to an integer type: what does not fit is cut off, as in C.</summary>
    private CConstant ReadCast()
    {
        CType type = ReadAbstractType(out _);
        Skip(")");
        CConstant value = ReadUnary();
        if (type is not CScalarType { IsInteger: true, Size: <= 8 } number)
        {
            throw Error(Messages.CCastNotToInteger.With(type));
        }

        int unused = 64 - (int)(number.Size * 8);
        long cut = number.Kind == CScalarKind.Bool ? (value.Value != 0 ? 1 : 0)
            : number.Kind == CScalarKind.Signed ? value.Value << unused >> unused
            : (long)((ulong)value.Value << unused >> unused);

        // Types smaller than int become int in expressions.
        return new CConstant(cut, IsUnsigned: number is { Kind: CScalarKind.Unsigned, Size: >= 4 }, IsLong: number.Size == 8);
    }
}
