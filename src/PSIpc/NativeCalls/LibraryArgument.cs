using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>What a <c>-Library</c> parameter takes: a library that is loaded, its name, or a path.</summary>
internal static class LibraryArgument
{
    /// <summary>The library.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>.</exception>
    public static ImportedLibrary Resolve(object argument, SessionState session)
    {
        object plain = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        if (plain is ImportedLibrary library)
        {
            return library;
        }

        string name = plain.ToString() ?? "";
        bool isPath = name.Contains('/', StringComparison.Ordinal) || name.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal);
        return ImportedLibrary.Load(isPath ? session.Path.GetUnresolvedProviderPathFromPSPath(name) : name);
    }
}
