namespace PSIpc;

/// <summary>A member of a C structure or union.</summary>
public sealed class CStructField
{
    internal CStructField(string name, CType type, long offset, int bitOffset = 0, int bitWidth = 0)
    {
        Name = name;
        ValueType = type;
        Offset = offset;
        BitOffset = bitOffset;
        BitWidth = bitWidth;
        CType element = type;
        Count = 1;
        while (element is CArrayType array)
        {
            Count *= array.Count;
            element = array.Element;
        }

        Type = element.Name;
    }

    /// <summary>Its name; empty for a structure or union without one, whose members belong to the outer one.</summary>
    public string Name { get; }

    /// <summary>The C type; of an array, that of its elements.</summary>
    public string Type { get; }

    /// <summary>Bytes from the beginning; of a bit field, of the byte that has its first bit.</summary>
    public long Offset { get; }

    /// <summary>Bytes, of all elements; of a bit field, of its type.</summary>
    public long Size => ValueType.Size;

    /// <summary>Elements; 1 for what is not an array.</summary>
    public long Count { get; }

    /// <summary>Of a bit field, its first bit in the byte at <see cref="Offset"/>, counted from the least significant one.</summary>
    public int BitOffset { get; }

    /// <summary>Of a bit field, its bits; 0 for what is none.</summary>
    public int BitWidth { get; }

    /// <summary>Its type.</summary>
    internal CType ValueType { get; }

    /// <summary>Whether it is a bit field.</summary>
    internal bool IsBitField => BitWidth > 0;

    /// <summary>Whether two members are the same.</summary>
    internal bool IsSame(CStructField other) => Name == other.Name && Offset == other.Offset && BitOffset == other.BitOffset && BitWidth == other.BitWidth
        && CType.IsSame(ValueType, other.ValueType);

    /// <summary>Type and name as C writes them.</summary>
    public override string ToString() => $"{ValueType} {Name}{(IsBitField ? $" : {BitWidth}" : "")}";
}
