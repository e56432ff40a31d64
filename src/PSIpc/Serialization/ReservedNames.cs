namespace PSIpc;

/// <summary>The names that PowerShell keeps for itself on every object: no property can have one.</summary>
internal static class ReservedNames
{
    private static readonly string[] Names = ["psobject", "psbase", "psadapted", "psextended", "pstypenames"];

    public static bool Contains(string name) =>
        name.Length is >= 6 and <= 11 && Array.Exists(Names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
}
