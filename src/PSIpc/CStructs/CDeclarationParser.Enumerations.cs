using PSIpc.Core;

namespace PSIpc;

/// <content>Enumerations: their constants, and the integer that holds them.</content>
internal sealed partial class CDeclarationParser
{
    private CEnumType ReadEnum()
    {
        string? tag = Next.Kind == CTokenKind.Word ? _tokens[_at++].Text : null;
        CScalarType? number = null;
        if (TrySkip(":"))
        {
            number = ReadSpecifiers(isAlone: false, out _, out _) as CScalarType;
            if (number is not { IsInteger: true, Size: <= 8 })
            {
                throw Error(Messages.CEnumTypeNotInteger);
            }
        }

        if (!TrySkip("{"))
        {
            return tag is not null && _scope.Tag(tag) is CEnumType known ? known : throw Error(Messages.CEnumNotDeclared.With(tag));
        }

        var constants = new List<KeyValuePair<string, CConstant>>();
        while (!Next.Is("}"))
        {
            if (Next.Kind == CTokenKind.Directive)
            {
                ReadDirective();
                continue;
            }

            constants.Add(ReadEnumerator(constants));
            if (!TrySkip(",") && Next.Kind != CTokenKind.Directive)
            {
                break;
            }
        }

        Skip("}");
        number ??= NumberFor(constants);
        constants.ForEach(c => RequireRange(c.Key, c.Value, number));
        var values = new Dictionary<string, long>(
            constants.Select(c => KeyValuePair.Create(c.Key, number.Kind == CScalarKind.Signed && number.Size == 4 ? (int)c.Value.Value : c.Value.Value)), StringComparer.Ordinal);
        var type = new CEnumType(tag is null ? "enum" : $"enum {tag}", number, values, _scope.IsReceived);
        return tag is null || _scope.TryAddTag(tag, type) ? type : throw Error(Messages.CDeclaredAlready.With(tag));
    }

    private KeyValuePair<string, CConstant> ReadEnumerator(List<KeyValuePair<string, CConstant>> before)
    {
        string name = ReadName();
        CConstant value = TrySkip("=") ? ReadConstant()
            : before.Count == 0 ? CConstant.Of(0)
            : before[^1].Value.IsUnsigned ? before[^1].Value with { Value = unchecked(before[^1].Value.Value + 1) }
            : CConstant.Of(unchecked(before[^1].Value.Value + 1));
        return !before.Exists(c => c.Key == name) && _scope.TryAddConstant(name, value)
            ? KeyValuePair.Create(name, value)
            : throw Error(Messages.CDeclaredAlready.With(name));
    }

    /// <summary>The integer that GCC chooses: unsigned int, int, and those of 64 bits, the first that holds all; for Windows always int.</summary>
    private CScalarType NumberFor(List<KeyValuePair<string, CConstant>> constants)
    {
        bool isSigned = constants.Exists(c => c.Value.IsNegative);
        bool isLong = constants.Exists(c => c.Value is { IsUnsigned: true, Value: < 0 } || (isSigned ? c.Value.Value is < int.MinValue or > int.MaxValue : c.Value.Value > uint.MaxValue));
        return _scope.Model.Abi == CAbi.Windows ? new CScalarType("int", CScalarKind.Signed, 4)
            : new CScalarType(isSigned ? "int" : "unsigned int", isSigned ? CScalarKind.Signed : CScalarKind.Unsigned, isLong ? 8 : 4);
    }

    private void RequireRange(string name, CConstant value, CScalarType number)
    {
        Int128 exact = value.IsUnsigned ? (ulong)value.Value : value.Value;
        int bits = (int)number.Size * 8;
        bool isSigned = number.Kind == CScalarKind.Signed;
        Int128 most = (Int128.One << (isSigned ? bits - 1 : bits)) - 1;
        Int128 least = isSigned ? -most - 1 : 0;

        // Microsoft's int wraps what is written as an unsigned number.
        bool wraps = _scope.Model.Abi == CAbi.Windows && exact >= int.MinValue && exact <= uint.MaxValue;
        if ((exact < least || exact > most) && !(wraps && bits == 32))
        {
            throw Error(Messages.CConstantOutOfRange.With(name, exact, number));
        }
    }
}
