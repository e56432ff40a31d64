namespace PSIpc;

/// <summary>C's own arithmetic types by their words, in any order (ISO C 6.7.2).</summary>
internal static class CArithmeticTypes
{
    private static readonly HashSet<string> Words = new(
        ["void", "char", "short", "int", "long", "signed", "unsigned", "float", "double", "_Bool", "bool", "__int128", "_Complex"], StringComparer.Ordinal);

    /// <summary>Whether a word belongs to such a type.</summary>
    public static bool IsWord(string word) => Words.Contains(word);

    /// <summary>The type of some words; null when there is none, or none that is known here.</summary>
    public static CType? Find(List<string> words, CScope scope)
    {
        bool isUnsigned = words.Contains("unsigned");
        CScalarKind kind = isUnsigned ? CScalarKind.Unsigned : CScalarKind.Signed;
        string[] rest = [.. words.Where(w => w is not "signed" and not "unsigned").Order(StringComparer.Ordinal)];
        bool hasSign = rest.Length < words.Count;
        if (words.Count - rest.Length > 1)
        {
            return null;
        }

        string prefix = isUnsigned ? "unsigned " : "";
        CDataModel model = scope.Model;
        return rest switch
        {
            ["void"] when !hasSign => CVoidType.Instance,
            ["_Bool"] or ["bool"] when !hasSign => new CScalarType("bool", CScalarKind.Bool, 1),
            ["char"] => hasSign ? new CScalarType(isUnsigned ? "unsigned char" : "signed char", kind, 1) : scope.Char,
            ["short"] or ["int", "short"] => new CScalarType(prefix + "short", kind, 2),
            ["int"] => new CScalarType(prefix + "int", kind, 4),
            [] when hasSign => new CScalarType(prefix + "int", kind, 4),
            ["long"] or ["int", "long"] => new CScalarType(prefix + "long", kind, model.LongSize),
            ["long", "long"] or ["int", "long", "long"] => new CScalarType(prefix + "long long", kind, 8),
            ["__int128"] when model.Abi != CAbi.Windows => new CScalarType(prefix + "__int128", kind, 16),
            ["float"] when !hasSign => new CScalarType("float", CScalarKind.Float, 4),
            ["double"] when !hasSign => new CScalarType("double", CScalarKind.Float, 8),
            ["double", "long"] when !hasSign => new CScalarType("long double", model.LongDouble, model.LongDouble == CScalarKind.Float ? 8 : 16),
            _ => null,
        };
    }
}
