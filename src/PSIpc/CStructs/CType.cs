namespace PSIpc;

/// <summary>A C type with its size and alignment in bytes. Types are immutable, and a type of its own kind is a class of its own.</summary>
internal abstract class CType
{
    protected CType(string name, long size, int alignment, long cost)
    {
        Name = name;
        Size = size;
        Alignment = alignment;
        Cost = cost;
    }

    /// <summary>As C writes it.</summary>
    public string Name { get; }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    /// <summary>Bytes; a power of two.</summary>
    public int Alignment { get; }

    /// <summary>How many values it is read as: the members of a union are all read, so this can be far more than its bytes.</summary>
    public long Cost { get; }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;
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
internal sealed class CScalarType(string name, CScalarKind kind, int size, CText text = CText.None)
    : CType(name, size, size, 1)
{
    public CScalarKind Kind { get; } = kind;

    public CText Text { get; } = text;

    /// <summary>Whether it is an integer, so that it can be a bit field.</summary>
    public bool IsInteger => Kind is CScalarKind.Bool or CScalarKind.Signed or CScalarKind.Unsigned;
}

/// <summary><c>void</c>: only pointed to, or returned.</summary>
internal sealed class CVoidType() : CType("void", 0, 1, 0)
{
    public static CVoidType Instance { get; } = new();
}

/// <summary>A structure or union that is named but not declared: only pointed to.</summary>
internal sealed class CIncompleteType(string name) : CType(name, 0, 1, 0);

/// <summary>A function: only pointed to.</summary>
internal sealed class CFunctionType(CType returns, IReadOnlyList<CType> parameters, bool isVariadic)
    : CType($"{returns} (*)({string.Join(", ", parameters)}{(isVariadic ? ", ..." : "")})", 0, 1, 0)
{
    public CType Returns { get; } = returns;

    public IReadOnlyList<CType> Parameters { get; } = parameters;

    public bool IsVariadic { get; } = isVariadic;
}

/// <summary>A pointer.</summary>
internal sealed class CPointerType(CType target, bool isTargetConst)
    : CType(target is CFunctionType ? target.Name : $"{(isTargetConst ? "const " : "")}{target} *".Replace("* *", "**", StringComparison.Ordinal), CDataModel.PointerSize, CDataModel.PointerSize, 1)
{
    public CType Target { get; } = target;

    /// <summary>Whether what it points to is not to be changed through it.</summary>
    public bool IsTargetConst { get; } = isTargetConst;
}

/// <summary>An array. The first dimension of several is the outer one.</summary>
internal sealed class CArrayType(CType element, long count)
    : CType($"{element}[{count}]", checked(element.Size * count), element.Alignment, CostOf(element, count))
{
    public CType Element { get; } = element;

    public long Count { get; } = count;

    private static long CostOf(CType element, long count) =>
        element is CScalarType ? 1 + (element.Size * count / 16) : checked(1 + (Math.Max(1, element.Cost) * count));
}

/// <summary>An enumeration: an integer whose values have names.</summary>
internal sealed class CEnumType(string name, CScalarType number, IReadOnlyDictionary<string, long> constants)
    : CType(name, number.Size, number.Alignment, 1)
{
    private readonly Lazy<Type?> _type = new(() => CEnumTypes.Define(name, number, constants));

    public CScalarType Number { get; } = number;

    public IReadOnlyDictionary<string, long> Constants { get; } = constants;

    /// <summary>The .NET enumeration that its values are read as; null when they are read as numbers.</summary>
    public Type? Type => _type.Value;
}
