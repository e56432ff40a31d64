using PSIpc.Core;

namespace PSIpc;

/// <content>Structures, unions and their members.</content>
internal sealed partial class CDeclarationParser
{
    private const int MostMembers = 10_000;

    private CType ReadStructure(bool isUnion, bool isAlone)
    {
        string kind = isUnion ? "union" : "struct";
        bool isPacked = false;
        int alignment = 0;
        ReadAttributes(ref isPacked, ref alignment);
        string? tag = Next.Kind == CTokenKind.Word ? _tokens[_at++].Text : null;
        ReadAttributes(ref isPacked, ref alignment);
        if (!TrySkip("{"))
        {
            return tag is null ? throw Error(Messages.CExpectsNameOrBrace.With(Next)) : FindStructure(kind, tag, isUnion, isAlone);
        }

        Deeper();
        if (tag is not null)
        {
            _ = _scope.Incomplete(kind, tag);
        }

        var members = new List<CMember>();
        while (!TrySkip("}"))
        {
            if (Next.Kind == CTokenKind.Directive)
            {
                ReadDirective();
            }
            else if (!TrySkip(";"))
            {
                ReadMembers(members);
            }
        }

        _depth--;
        ReadAttributes(ref isPacked, ref alignment);
        if (members.Count is 0 or > MostMembers)
        {
            throw Error(Messages.CMemberCount.With(kind, MostMembers, members.Count));
        }

        RequireDifferentNames(members);
        CStructType type = new CStructBuilder(_scope.Model, isUnion, isPacked, _pack).Build(tag, members, alignment);
        RequireDepth(type);
        if (type.Size > int.MaxValue || type.Cost > CStructType.MostCost(type.Size))
        {
            throw Error(Messages.CStructureTooLarge.With(kind, type.Size, type.Cost));
        }

        if (tag is null)
        {
            return type;
        }

        // Declared again alike, it is the one that was declared first.
        return _scope.TryAddTag(tag, type) ? _scope.Tag(tag)! : throw Error(Messages.CDeclaredAlready.With(tag));
    }

    private CType FindStructure(string kind, string tag, bool isUnion, bool isAlone)
    {
        CType? found = _scope.Tag(tag) ?? (isAlone && Next.Is(";") ? null : FindElsewhere(tag));
        return found switch
        {
            null => _scope.Incomplete(kind, tag),
            CStructType structure when structure.IsUnion == isUnion => structure,
            _ => throw Error(Messages.CNotOfKind.With(tag, kind)),
        };
    }

    private void RequireDepth(CType type)
    {
        if (type.Depth > CType.Deepest)
        {
            throw Error(Messages.CTypesTooDeep.With(CType.Deepest));
        }
    }

    private void ReadMembers(List<CMember> members)
    {
        CType specified = ReadSpecifiers(isAlone: false, out bool isConst, out int alignment);
        if (Next.Is(";") && specified is CStructType { Tag: null })
        {
            members.Add(new CMember("", specified, -1, alignment, IsPacked: false));
        }
        else
        {
            do
            {
                members.Add(ReadMember(specified, isConst, alignment));
            }
            while (TrySkip(","));
        }

        Skip(";");
    }

    private CMember ReadMember(CType specified, bool isConst, int alignment)
    {
        bool isPacked = false;
        string? name = null;
        CType type = Next.Is(":") ? specified : CScope.Complete(ReadDeclarator(specified, isConst, out name))!;
        int bits = -1;
        if (TrySkip(":"))
        {
            bits = ReadBitWidth(type, name);
        }

        ReadAttributes(ref isPacked, ref alignment);
        if (bits < 0)
        {
            RequireName(name);
            RequireComplete(type, name!);
        }

        return new CMember(name ?? "", type, bits, alignment, isPacked);
    }

    private int ReadBitWidth(CType type, string? name)
    {
        CScalarType? number = type as CScalarType ?? (type as CEnumType)?.Number;
        if (number is not { IsInteger: true })
        {
            throw Error(Messages.CBitFieldNotInteger.With(type));
        }

        long bits = ReadConstant().Value;
        int most = number.Kind == CScalarKind.Bool ? 1 : number.Size * 8 > 64 ? 64 : (int)(number.Size * 8);
        return bits >= (name is null ? 0 : 1) && bits <= most
            ? (int)bits
            : throw Error(Messages.CBitFieldWidth.With(type, name is null ? 0 : 1, most, bits));
    }

    private void RequireComplete(CType type, string name)
    {
        CType element = type;
        while (element is CArrayType array)
        {
            element = array.Element;
        }

        if (element is CIncompleteType or CVoidType or CFunctionType)
        {
            throw Error(Messages.CMemberSizeUnknown.With(name, element));
        }
    }

    private void RequireDifferentNames(List<CMember> members)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (string name in members.SelectMany(NamesOf))
        {
            if (ReservedNames.Contains(name))
            {
                throw Error(Messages.CMemberNameReserved.With(name));
            }

            if (!names.Add(name))
            {
                throw Error(Messages.CMemberNameTwice.With(name));
            }
        }
    }

    private static IEnumerable<string> NamesOf(CMember member) =>
        member.Name.Length > 0 ? [member.Name]
        : member.Type is CStructType inner && member.Bits < 0 ? inner.Fields.Select(f => f.Name)
        : [];

    /// <summary>What GCC says after a structure or a member, and Microsoft's compiler before it.</summary>
    private void ReadAttributes(ref bool isPacked, ref int alignment)
    {
        while (Next.Is("__attribute__") || Next.Is("__declspec") || Next.Is("_Alignas") || Next.Is("alignas"))
        {
            if (_tokens[_at++].Text is "_Alignas" or "alignas")
            {
                alignment = Math.Max(alignment, ReadAlignment());
                continue;
            }

            Skip("(");
            bool isDouble = TrySkip("(");
            do
            {
                ReadAttribute(ref isPacked, ref alignment);
            }
            while (TrySkip(","));
            Skip(")");
            if (isDouble)
            {
                Skip(")");
            }
        }
    }

    private void ReadAttribute(ref bool isPacked, ref int alignment)
    {
        switch (ReadName())
        {
            case "packed" or "__packed__" when _scope.Model.Abi == CAbi.Windows:
                throw Error(Messages.CMicrosoftHasNoPacked);
            case "packed" or "__packed__":
                isPacked = true;
                break;
            case "aligned" or "__aligned__" or "align":
                alignment = Math.Max(alignment, Next.Is("(") ? ReadAlignment() : 16);
                break;
            default:
                _at--;
                throw Error(Messages.CAttributeNotRead.With(Next));
        }
    }

    private int ReadAlignment()
    {
        Skip("(");
        long alignment = StartsType() ? ReadAbstractType(out _).Alignment : ReadConstant().Value;
        Skip(")");
        return alignment is > 0 and <= LargestAlignment && long.IsPow2(alignment)
            ? (int)alignment
            : throw Error(Messages.CAlignmentInvalid.With(LargestAlignment, alignment));
    }
}
