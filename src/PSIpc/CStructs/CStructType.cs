using PSIpc.Core;

namespace PSIpc;

/// <summary>A member as it was declared, before it has a place.</summary>
/// <param name="Name">Its name; empty for none.</param>
/// <param name="Type">Its type.</param>
/// <param name="Bits">Its width if it is a bit field, else -1.</param>
/// <param name="Alignment">The alignment that it asks for; 0 for its type's.</param>
/// <param name="IsPacked">Whether it has the attribute packed.</param>
internal readonly record struct CMember(string Name, CType Type, int Bits, int Alignment, bool IsPacked);

/// <summary>A structure or a union with its members at their places.</summary>
internal sealed class CStructType : CType
{
    private const int LeastMostCost = 20_000;
    private const int CostPerByte = 64;

    private readonly string _kind;
    private readonly string _name;

    public CStructType(string? tag, string? alias, bool isUnion, IReadOnlyList<CStructField> members, long size, int alignment)
        : base(size, alignment, checked(1 + members.Sum(m => m.ValueType.Cost)), 1 + members.Select(m => m.ValueType.Depth).DefaultIfEmpty().Max())
    {
        _kind = isUnion ? "union" : "struct";
        _name = alias ?? $"{_kind}{(tag is null ? "" : " " + tag)}";
        Tag = tag ?? alias;
        IsUnion = isUnion;
        Members = members;
        Fields = [.. members.SelectMany(m => m.Name.Length > 0 ? [m] : Inner(m))];
    }

    /// <summary>Its name without <c>struct</c>; null for one that has none.</summary>
    public string? Tag { get; }

    public bool IsUnion { get; }

    /// <summary>Members as they were declared.</summary>
    public IReadOnlyList<CStructField> Members { get; }

    /// <summary>Members by their names: those of a member without a name belong to the outer structure.</summary>
    public IReadOnlyList<CStructField> Fields { get; }

    /// <summary>How an error message names it.</summary>
    public string Title => Tag is null ? Messages.CStructWithoutName.With(_kind) : $"{_kind} {Tag}";

    /// <summary>The most values that so many bytes may be read as. A union of unions of unions could be read as millions.</summary>
    public static long MostCost(long size) => LeastMostCost + (CostPerByte * size);

    /// <summary>The same with the name of its typedef.</summary>
    public CStructType Named(string name) => new(null, name, IsUnion, Members, Size, Alignment);

    protected override bool IsLike(CType other) => other.Name == Name && ((CStructType)other).IsUnion == IsUnion
        && ((CStructType)other).Members.Count == Members.Count && ((CStructType)other).Members.Zip(Members).All(m => m.First.IsSame(m.Second));

    protected override string MakeName() => _name;

    private static IEnumerable<CStructField> Inner(CStructField member) => ((CStructType)member.ValueType).Fields
        .Select(f => new CStructField(f.Name, f.ValueType, member.Offset + f.Offset, f.BitOffset, f.BitWidth));
}
