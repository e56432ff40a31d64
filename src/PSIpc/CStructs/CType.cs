namespace PSIpc;

/// <summary>A C type with its size and alignment in bytes. Types are immutable, and a type of its own kind is a class of its own.</summary>
internal abstract class CType(long size, int alignment, long cost, int depth)
{
    /// <summary>The deepest that types may be made of types.</summary>
    public const int Deepest = 64;

    private const int LongestName = 200;

    private string? _name;

    /// <summary>As C writes it; a long one is cut off. Made when it is first asked for: names of functions of functions grow beyond all memory.</summary>
    public string Name
    {
        get
        {
            if (_name is null)
            {
                string name = MakeName();
                _name = name.Length > LongestName ? string.Concat(name.AsSpan(0, LongestName), "…") : name;
            }

            return _name;
        }
    }

    /// <summary>Bytes.</summary>
    public long Size { get; } = size;

    /// <summary>Bytes; a power of two.</summary>
    public int Alignment { get; } = alignment;

    /// <summary>How many values it is read as: the members of a union are all read, so this can be far more than its bytes.</summary>
    public long Cost { get; } = cost;

    /// <summary>How many types it is made of, one in the other.</summary>
    public int Depth { get; } = depth;

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    /// <summary>Whether two types are the same, so that declaring both is no contradiction.</summary>
    public static bool IsSame(CType one, CType other) => ReferenceEquals(one, other)
        || (one.GetType() == other.GetType() && one.Size == other.Size && one.Alignment == other.Alignment && one.IsLike(other));

    /// <summary>Whether a type of the same class, size and alignment is the same.</summary>
    protected virtual bool IsLike(CType other) => Name == other.Name;

    protected abstract string MakeName();
}

/// <summary>The kinds of C numbers.</summary>
internal enum CScalarKind
{
    /// <summary><c>_Bool</c>.</summary>
    Bool,

    /// <summary>Two's complement.</summary>
    Signed,

    /// <summary>Unsigned.</summary>
    Unsigned,

    /// <summary>IEEE 754 of 4 or 8 bytes.</summary>
    Float,

    /// <summary>x87's 80 bits in 16 bytes.</summary>
    Extended,

    /// <summary>IEEE 754 of 16 bytes.</summary>
    Quadruple,
}

/// <summary>How an array of a character type is text.</summary>
internal enum CText
{
    /// <summary>It is not.</summary>
    None,

    /// <summary><c>char</c>.</summary>
    Utf8,

    /// <summary><c>char16_t</c>, and <c>wchar_t</c> on Windows.</summary>
    Utf16,

    /// <summary><c>char32_t</c>, and <c>wchar_t</c> elsewhere.</summary>
    Utf32,
}

/// <summary>A number.</summary>
internal sealed class CScalarType(string name, CScalarKind kind, int size, CText text = CText.None) : CType(size, size, 1, 0)
{
    public CScalarKind Kind { get; } = kind;

    public CText Text { get; } = text;

    /// <summary>Whether it is an integer, so that it can be a bit field.</summary>
    public bool IsInteger => Kind is CScalarKind.Bool or CScalarKind.Signed or CScalarKind.Unsigned;

    protected override bool IsLike(CType other) => ((CScalarType)other).Kind == Kind && ((CScalarType)other).Text == Text;

    protected override string MakeName() => name;
}

/// <summary><c>void</c>: only pointed to, or returned.</summary>
internal sealed class CVoidType() : CType(0, 1, 0, 0)
{
    public static CVoidType Instance { get; } = new();

    protected override string MakeName() => "void";
}

/// <summary>A structure or union that is named before it is declared: only pointed to until then.</summary>
internal sealed class CIncompleteType(string kind, string tag) : CType(0, 1, 0, 0)
{
    /// <summary>What it turned out to be.</summary>
    public CStructType? Completed { get; set; }

    public string Kind => kind;

    protected override string MakeName() => $"{kind} {tag}";
}

/// <summary>A function: only pointed to.</summary>
internal sealed class CFunctionType(CType returns, IReadOnlyList<CType> parameters, bool isVariadic)
    : CType(0, 1, 0, 1 + Math.Max(returns.Depth, parameters.Select(p => p.Depth).DefaultIfEmpty().Max()))
{
    public CType Returns { get; } = returns;

    public IReadOnlyList<CType> Parameters { get; } = parameters;

    public bool IsVariadic { get; } = isVariadic;

    protected override string MakeName() => $"{Returns} (*)({string.Join(", ", Parameters)}{(IsVariadic ? ", ..." : "")})";
}

/// <summary>A pointer.</summary>
internal sealed class CPointerType(CType target, bool isTargetConst)
    : CType(CDataModel.PointerSize, CDataModel.PointerSize, 1, target.Depth + 1)
{
    /// <summary>What it points to; once it is declared, with its members.</summary>
    public CType Target => target is CIncompleteType { Completed: { } completed } ? completed : target;

    /// <summary>Whether what it points to is not to be changed through it.</summary>
    public bool IsTargetConst { get; } = isTargetConst;

    protected override string MakeName() => target is CFunctionType
        ? target.Name
        : $"{(IsTargetConst ? "const " : "")}{target} *".Replace("* *", "**", StringComparison.Ordinal);
}

/// <summary>An array. The first dimension of several is the outer one.</summary>
internal sealed class CArrayType(CType element, long count)
    : CType(checked(element.Size * count), element.Alignment, CostOf(element, count), element.Depth + 1)
{
    public CType Element { get; } = element;

    public long Count { get; } = count;

    protected override string MakeName() => $"{Element}[{Count}]";

    private static long CostOf(CType element, long count) =>
        element is CScalarType ? 1 + (element.Size * count / 16) : checked(1 + (Math.Max(1, element.Cost) * count));
}

/// <summary>An enumeration: an integer whose values have names.</summary>
/// <param name="name">As C writes it.</param>
/// <param name="number">The integer.</param>
/// <param name="constants">The names and values, in their order.</param>
/// <param name="isReceived">Whether it was declared by a message, for which few .NET types are made.</param>
internal sealed class CEnumType(string name, CScalarType number, IReadOnlyDictionary<string, long> constants, bool isReceived)
    : CType(number.Size, number.Alignment, 1, 0)
{
    private readonly Lazy<Type?> _type = new(() => CEnumTypes.Define(name, number, constants, isReceived));

    public CScalarType Number { get; } = number;

    public IReadOnlyDictionary<string, long> Constants { get; } = constants;

    /// <summary>The .NET enumeration that its values are read as; null when they are read as numbers.</summary>
    public Type? Type => _type.Value;

    protected override bool IsLike(CType other) => other.Name == Name && ((CEnumType)other).Constants.SequenceEqual(Constants);

    protected override string MakeName() => name;
}
