namespace PSIpc;

/// <summary>The names that a C text has declared so far, and C's own types.</summary>
internal sealed class CScope
{
    private readonly Dictionary<string, CType> _predefined = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CType> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CType> _tags = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CIncompleteType> _incomplete = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CConstant> _constants = new(StringComparer.Ordinal);

    /// <summary>A scope with C's own types.</summary>
    /// <param name="model">What they are.</param>
    /// <param name="isReceived">Whether the text came in a message.</param>
    public CScope(CDataModel model, bool isReceived = false)
    {
        Model = model;
        IsReceived = isReceived;
        Char = new CScalarType("char", model.IsCharSigned ? CScalarKind.Signed : CScalarKind.Unsigned, 1, CText.Utf8);
        CText wideText = model.WideCharSize == 2 ? CText.Utf16 : CText.Utf32;
        bool isWideSigned = model.Abi == CAbi.SystemVX64;
        Add("wchar_t", isWideSigned ? CScalarKind.Signed : CScalarKind.Unsigned, model.WideCharSize, wideText);
        Add("char16_t", CScalarKind.Unsigned, 2, CText.Utf16);
        Add("char32_t", CScalarKind.Unsigned, 4, CText.Utf32);
        foreach (int bits in (int[])[8, 16, 32, 64])
        {
            Add($"int{bits}_t", CScalarKind.Signed, bits / 8);
            Add($"uint{bits}_t", CScalarKind.Unsigned, bits / 8);
            Add($"int_least{bits}_t", CScalarKind.Signed, bits / 8);
            Add($"uint_least{bits}_t", CScalarKind.Unsigned, bits / 8);
        }

        foreach (string name in (string[])["size_t", "uintptr_t", "uintmax_t"])
        {
            Add(name, CScalarKind.Unsigned, 8);
        }

        foreach (string name in (string[])["ssize_t", "intptr_t", "ptrdiff_t", "intmax_t"])
        {
            Add(name, CScalarKind.Signed, 8);
        }

        if (model.Abi != CAbi.Windows)
        {
            AddPosix();
        }
    }

    public CDataModel Model { get; }

    /// <summary>Plain char.</summary>
    public CScalarType Char { get; }

    /// <summary>Whether the text came in a message.</summary>
    public bool IsReceived { get; }

    /// <summary>The structures and unions with a name, in the order in which they were declared.</summary>
    public List<CStructType> Structures { get; } = [];

    /// <summary>Other names of structures: those of their typedefs.</summary>
    public Dictionary<string, CStructType> Aliases { get; } = new(StringComparer.Ordinal);

    /// <summary>Finds a type name. A text may give C's own names another meaning.</summary>
    public CType? Type(string name) => Complete(_types.GetValueOrDefault(name)) ?? _predefined.GetValueOrDefault(name);

    /// <summary>Finds a structure, union or enumeration by its tag.</summary>
    public CType? Tag(string name) => _tags.GetValueOrDefault(name);

    /// <summary>Finds a constant.</summary>
    public bool TryConstant(string name, out CConstant value) => _constants.TryGetValue(name, out value);

    /// <summary>A structure that is named and not yet declared: the same for all who name it.</summary>
    public CIncompleteType Incomplete(string kind, string tag)
    {
        if (!_incomplete.TryGetValue(tag, out CIncompleteType? known))
        {
            _incomplete[tag] = known = new CIncompleteType(kind, tag);
        }

        return known;
    }

    /// <summary>Declares a type name; false when it is something else already.</summary>
    public bool TryAddType(string name, CType type) => _types.TryAdd(name, type) || CType.IsSame(_types[name], type);

    /// <summary>Declares a tag; false when it is something else already.</summary>
    public bool TryAddTag(string name, CType type)
    {
        if (!_tags.TryAdd(name, type))
        {
            return CType.IsSame(_tags[name], type);
        }

        if (type is CStructType structure)
        {
            Incomplete(structure.IsUnion ? "union" : "struct", name).Completed = structure;
            Structures.Add(structure);
        }

        return true;
    }

    /// <summary>Declares a constant; false when it is another one already.</summary>
    public bool TryAddConstant(string name, CConstant value) => _constants.TryAdd(name, value) || _constants[name].Value == value.Value;

    /// <summary>What an incomplete type turned out to be.</summary>
    public static CType? Complete(CType? type) => type is CIncompleteType { Completed: { } completed } ? completed : type;

    private void AddPosix()
    {
        foreach (string name in (string[])["time_t", "off_t", "suseconds_t", "clock_t", "blkcnt_t"])
        {
            Add(name, CScalarKind.Signed, 8);
        }

        foreach (string name in (string[])["uid_t", "gid_t", "mode_t"])
        {
            Add(name, CScalarKind.Unsigned, 4);
        }

        Add("pid_t", CScalarKind.Signed, 4);
        Add("clockid_t", CScalarKind.Signed, 4);
        Add("socklen_t", CScalarKind.Unsigned, 4);
        Add("sa_family_t", CScalarKind.Unsigned, 2);
    }

    private void Add(string name, CScalarKind kind, int size, CText text = CText.None) => _predefined.Add(name, new CScalarType(name, kind, size, text));
}
