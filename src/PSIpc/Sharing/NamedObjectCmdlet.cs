using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>A cmdlet that does something to each of some objects, given as objects, names, or names with wildcards.</summary>
/// <typeparam name="T">The class of the objects.</typeparam>
public abstract class NamedObjectCmdlet<T> : IpcCmdlet
    where T : class, IIpcObject
{
    private protected NamedObjectCmdlet()
    {
    }

    private protected abstract NamedObjects<T> Known { get; }

    /// <summary>Goes through the objects.</summary>
    /// <param name="arguments">Objects, names, or names with wildcards.</param>
    private protected void ForEach(object[] arguments)
    {
        object?[] expanded = [];
        Try(() => expanded = [.. arguments.SelectMany(Known.Expand)]);
        foreach (object? argument in expanded)
        {
            Try(() => ProcessArgument(argument), argument);
        }
    }

    /// <summary>Opens what names say: all objects of a wildcard, or the one of a plain name, which must exist.</summary>
    private protected void WriteNamed(string[] names)
    {
        string[] expanded = [];
        Try(() => expanded = [.. names.SelectMany(n => WildcardPattern.ContainsWildcardCharacters(n) ? Known.NamesLike(n) : [n])]);
        foreach (string name in expanded)
        {
            Try(() => WriteObject(Known.ByName(name)), name);
        }
    }

    /// <summary>Removes an object, or the file of one that cannot be opened: that is what its error says to do.</summary>
    private protected void RemoveArgument(object? argument)
    {
        T target;
        try
        {
            target = Known.Resolve(argument);
        }
        catch (IpcException e) when (e.Kind is IpcErrorKind.CorruptData or IpcErrorKind.VersionMismatch && argument?.ToString() is string name)
        {
            if (ShouldProcess($"{Known.Noun} '{name}'", "Remove"))
            {
                Known.DeleteFile(name);
            }

            return;
        }

        if (ShouldProcess($"{Known.Noun} '{target.Name}'", "Remove"))
        {
            target.Remove(StopToken);
            target.Dispose();
        }
    }

    private protected virtual void ProcessArgument(object? argument) => Process(Known.Resolve(argument));

    /// <summary>Does the cmdlet's work on one object.</summary>
    /// <param name="target">The object.</param>
    private protected virtual void Process(T target)
    {
    }
}
