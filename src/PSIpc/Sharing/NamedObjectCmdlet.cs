using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

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
    /// <param name="names">The names.</param>
    /// <param name="timeout">How long to wait for each until it exists, or for an object that matches a wildcard.</param>
    /// <param name="open">Opens one by its name; null for the usual way.</param>
    private protected void WriteNamed(string[] names, TimeSpan timeout, Func<string, T>? open = null)
    {
        foreach (string name in names)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                Try(() => WriteObject(Await(name, timeout, () => (open ?? Known.ByName)(name), static _ => true), enumerateCollection: false), name);
                continue;
            }

            string[] found = [];
            Try(() => found = Await(name, timeout, () => Known.NamesLike(name).ToArray(), static f => f.Length > 0), name);
            foreach (string one in found)
            {
                Try(() => WriteObject((open ?? Known.ByName)(one), enumerateCollection: false), one);
            }
        }
    }

    /// <summary>Looks for something until it is there.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Timeout"/>; without a time to wait what the look throws.</exception>
    private TFound Await<TFound>(string name, TimeSpan timeout, Func<TFound> look, Predicate<TFound> isThere)
    {
        if (timeout == TimeSpan.Zero)
        {
            return look();
        }

        var deadline = Deadline.After(timeout);
        using NameWatch watch = Known.Watch(name);
        while (true)
        {
            bool isLast = deadline.IsOver;
            try
            {
                TFound found = look();
                if (isThere(found))
                {
                    return found;
                }
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.NotFound)
            {
            }

            if (isLast)
            {
                throw new IpcException(IpcErrorKind.Timeout, Messages.ObjectAwaitTimedOut.With(Known.Noun, name), name);
            }

            watch.Wait(deadline, StopToken);
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

        if (ShouldProcess($"{Known.Noun} '{target.ShownName}'", "Remove"))
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
