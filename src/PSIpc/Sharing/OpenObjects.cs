using System.Collections.Concurrent;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// The objects that this session made or opened by name. It holds them, so that one whose variable is gone is still there for the next
/// cmdlet that names it, until it is removed or the session ends.
/// </summary>
internal static class OpenObjects
{
    private static readonly ConcurrentDictionary<(string Directory, ObjectKind Kind, string Name), IIpcObject> Held = new();

    /// <summary>Holds an object that was made or opened; returns it.</summary>
    public static T Hold<T>(T value)
        where T : class, IIpcObject
    {
        Held[KeyOf(value.Reference)] = value;
        return value;
    }

    /// <summary>Stops holding an object.</summary>
    public static void Forget(IIpcObject value) =>
        ((ICollection<KeyValuePair<(string, ObjectKind, string), IIpcObject>>)Held).Remove(new(KeyOf(value.Reference), value));

    /// <summary>The object of a name, if this session holds it; it may have been removed since.</summary>
    public static IIpcObject? Find(string place, ObjectKind kind, string name) =>
        Held.TryGetValue((place, kind, name), out IIpcObject? held) ? held : null;

    /// <summary>The names that this session holds in a place.</summary>
    public static IEnumerable<string> NamesIn(string place, ObjectKind[] kinds) =>
        Held.Where(h => h.Key.Directory == place && kinds.Contains(h.Key.Kind) && !h.Value.IsRemoved).Select(h => h.Key.Name);

    private static (string, ObjectKind, string) KeyOf(IpcReference reference) => (reference.Directory, reference.Kind, reference.Name);
}
