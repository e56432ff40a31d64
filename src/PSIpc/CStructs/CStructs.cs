using System.Collections.Concurrent;

namespace PSIpc;

/// <summary>The structures that this session has declared, by name: a later declaration, a <c>-Layout</c> and a native call can name them.</summary>
public static class CStructs
{
    private static readonly ConcurrentDictionary<string, CStruct> Known = new(StringComparer.Ordinal);

    /// <summary>All that are known, by name.</summary>
    public static CStruct[] All => [.. Known.Values.Distinct().OrderBy(s => s.Name, StringComparer.OrdinalIgnoreCase)];

    /// <summary>Declares structures, of which later ones can use those that are known.</summary>
    /// <param name="declaration">C text.</param>
    /// <param name="pack">The most that members are aligned to; 0 for no limit.</param>
    /// <param name="abi">Whose rules; this machine's if null.</param>
    /// <param name="isBigEndian">Whether numbers have their most significant byte first.</param>
    /// <exception cref="Core.IpcException"><see cref="Core.IpcErrorKind.InvalidDeclaration"/>.</exception>
    public static CStruct[] Declare(string declaration, int pack = 0, CAbi? abi = null, bool isBigEndian = false)
    {
        CStruct[] declared = CStruct.Parse(
            declaration, pack, abi, isBigEndian, isReceived: false, name => Known.GetValueOrDefault(name), out IReadOnlyDictionary<string, CStruct> aliases);
        foreach ((string alias, CStruct structure) in aliases)
        {
            Known[alias] = structure;
        }
        foreach (CStruct structure in declared)
        {
            Known[structure.Name] = structure;
        }

        CTypeName.Forget();
        return declared;
    }

    /// <summary>A structure by its name, which C tells upper from lower case in; null when there is none.</summary>
    /// <param name="name">Its name, with or without <c>struct</c>.</param>
    public static CStruct? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string plain = name.StartsWith("struct ", StringComparison.Ordinal) || name.StartsWith("union ", StringComparison.Ordinal)
            ? name[(name.IndexOf(' ', StringComparison.Ordinal) + 1)..].Trim()
            : name;
        return Known.GetValueOrDefault(plain);
    }
}
