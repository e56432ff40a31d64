namespace PSIpc;

/// <summary>Gives the members of a structure their places.</summary>
/// <remarks>
/// The rules of GCC's stor-layout (System V and AAPCS64): a bit field goes right after the one before it unless it would then span more units of its type's
/// alignment than its type does; where <c>#pragma pack</c> or the attribute packed is in force, it always goes right after. Microsoft's: bit fields of types of the same size share a unit
/// of that size while there is room, and a new unit begins aligned. A bit field of width 0 ends the unit.
/// </remarks>
internal sealed class CStructBuilder(CDataModel model, bool isUnion, bool isPacked, int pack)
{
    private readonly List<CStructField> _fields = [];
    private int _alignment = 1;
    private long _bits;
    private long _largestBits;
    private long _unitSize;
    private long _unitBitsLeft;
    private bool _wasBitField;

    /// <summary>The structure with all its members.</summary>
    /// <param name="tag">Its name; null for none.</param>
    /// <param name="members">Its members in their order.</param>
    /// <param name="alignment">The alignment that it asks for; 0 for its members'.</param>
    /// <exception cref="OverflowException">It has more than 2^60 bytes.</exception>
    public CStructType Build(string? tag, IReadOnlyList<CMember> members, int alignment)
    {
        foreach (CMember member in members)
        {
            if (member.Bits < 0)
            {
                AddPlain(member);
            }
            else if (model.HasMicrosoftBitFields)
            {
                AddMicrosoftBitField(member);
            }
            else
            {
                AddBitField(member);
            }

            if (isUnion)
            {
                _largestBits = Math.Max(_largestBits, _bits);
                _bits = 0;
                _unitBitsLeft = 0;
                _unitSize = 0;
            }
        }

        CloseUnit();
        _alignment = Math.Max(_alignment, alignment);
        long bytes = (Math.Max(_bits, _largestBits) + 7) / 8;
        return new CStructType(tag, null, isUnion, _fields, Round(bytes, _alignment), _alignment);
    }

    private static long Round(long value, long multiple) => checked((value + multiple - 1) / multiple * multiple);

    private int Limit(int alignment) => pack > 0 ? Math.Min(alignment, pack) : alignment;

    private void AddPlain(CMember member)
    {
        CloseUnit();
        _wasBitField = false;
        int own = isPacked || member.IsPacked ? 1 : member.Type.Alignment;
        int alignment = Limit(Math.Max(own, member.Alignment));
        _bits = Round(_bits, alignment * 8L);
        _alignment = Math.Max(_alignment, alignment);
        _fields.Add(new CStructField(member.Name, member.Type, _bits / 8));
        _bits = checked(_bits + (member.Type.Size * 8));
    }

    private void AddBitField(CMember member)
    {
        long unit = member.Type.Alignment * 8L;
        bool isNamed = member.Name.Length > 0;
        bool isMemberPacked = isPacked || member.IsPacked;
        if (member.Alignment > 0)
        {
            _bits = Round(_bits, Limit(member.Alignment) * 8L);
            _alignment = Math.Max(_alignment, Limit(member.Alignment));
        }

        if (member.Bits == 0)
        {
            // Packing does not reach a bit field of width 0.
            _bits = Round(_bits, unit);
            _alignment = model.UnnamedBitFieldsAlign ? Math.Max(_alignment, member.Type.Alignment) : _alignment;
            return;
        }

        if (pack == 0 && !isMemberPacked && (_bits % unit) + member.Bits > member.Type.Size * 8)
        {
            _bits = Round(_bits, unit);
        }

        if (isNamed || model.UnnamedBitFieldsAlign)
        {
            _alignment = Math.Max(_alignment, pack > 0 ? Limit(member.Type.Alignment) : isMemberPacked ? 1 : member.Type.Alignment);
        }

        Place(member);
    }

    private void AddMicrosoftBitField(CMember member)
    {
        long size = member.Type.Size * 8;
        int alignment = Limit(isPacked || member.IsPacked ? 1 : Math.Max(member.Type.Alignment, member.Alignment));
        bool followsBitField = _wasBitField;
        if (member.Bits == 0)
        {
            CloseUnit();
            if (followsBitField)
            {
                _bits = Round(_bits, alignment * 8L);
                _alignment = Math.Max(_alignment, alignment);
            }

            _wasBitField = false;
            return;
        }

        _alignment = Math.Max(_alignment, alignment);
        if (_unitSize != size || _unitBitsLeft < member.Bits)
        {
            CloseUnit();
            _bits = Round(_bits, alignment * 8L);
            _unitSize = size;
            _unitBitsLeft = size;
        }

        _wasBitField = true;
        _unitBitsLeft -= member.Bits;
        Place(member);
        if (isUnion)
        {
            CloseUnit();
        }
    }

    private void Place(CMember member)
    {
        if (member.Name.Length > 0)
        {
            _fields.Add(new CStructField(member.Name, member.Type, _bits / 8, (int)(_bits % 8), member.Bits));
        }

        _bits = checked(_bits + member.Bits);
    }

    /// <summary>Uses up what is left of a unit of Microsoft's.</summary>
    private void CloseUnit()
    {
        _bits += _unitBitsLeft;
        _unitBitsLeft = 0;
        _unitSize = 0;
    }
}
