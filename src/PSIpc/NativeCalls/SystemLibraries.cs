using System.Runtime.InteropServices;

namespace PSIpc;

/// <summary>The native libraries in the folders where Linux looks for them. Elsewhere none are known.</summary>
internal static class SystemLibraries
{
    private static readonly string[] Folders = OperatingSystem.IsLinux()
        ? [.. new[] { $"/lib/{Triplet}", $"/usr/lib/{Triplet}", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib" }.Where(Directory.Exists)]
        : [];

    private static string Triplet => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";

    /// <summary>The names that begin with a text, such as <c>libm.so.6</c>; none for an empty text, since there are hundreds.</summary>
    public static IEnumerable<string> Names(string start) => start.Length == 0
        ? []
        : Folders.SelectMany(folder => Directory.EnumerateFiles(folder, "lib*.so*"))
            .Select(path => Path.GetFileName(path))
            .Where(name => name.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);

    /// <summary>The file of a library by its name or path; null where it is not found.</summary>
    public static string? PathOf(string library) => library.Contains('/', StringComparison.Ordinal)
        ? File.Exists(library) ? library : null
        : Folders.SelectMany(folder => (string[])[Path.Combine(folder, library), Path.Combine(folder, $"lib{library}.so")]).FirstOrDefault(File.Exists);
}
