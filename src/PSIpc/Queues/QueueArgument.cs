using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>A queue given as an object or as its name.</summary>
internal static class QueueArgument
{
    /// <summary>The queue of an argument.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with the object.</exception>
    public static IpcQueue Resolve(object? argument)
    {
        object? plain = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        return plain switch
        {
            IpcQueue queue => queue,
            string name => ByName(name),
            null => throw new IpcException(IpcErrorKind.NotFound, "No queue was given: the argument is null."),
            _ => throw new IpcException(IpcErrorKind.NotFound, $"'{plain}' ({plain.GetType()}) is neither a queue nor the name of one."),
        };
    }

    /// <summary>The queue of a name: the one that this session holds, or the one that another process made.</summary>
    public static IpcQueue ByName(string name)
    {
        if (OpenObjects.Find(ObjectKind.Queue, IpcName.Check(name)) is IpcQueue { IsRemoved: false } held)
        {
            return held;
        }

        return OpenObjects.Hold(IpcQueue.Open(name));
    }

    /// <summary>The queues whose names match a wildcard.</summary>
    public static IEnumerable<string> NamesLike(string pattern)
    {
        var wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase);
        return IpcDirectory.Default.List()
            .Where(o => o.Kind == ObjectKind.Queue && wildcard.IsMatch(o.Name))
            .Select(o => o.Name)
            .Order(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The queues of an argument, which may be a wildcard.</summary>
    public static IEnumerable<object?> Expand(object? argument) =>
        (argument is PSObject wrapped ? wrapped.BaseObject : argument) is string text && WildcardPattern.ContainsWildcardCharacters(text)
            ? NamesLike(text)
            : [argument];
}
