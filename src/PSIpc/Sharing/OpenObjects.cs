using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>
/// The objects that this session made or opened by name. It holds them, so that one whose variable is gone is still there for the next
/// cmdlet that names it, until it is removed or the session ends.
/// </summary>
/// <remarks>
/// An object that was made without a name is held weakly until its name is read or it travels: until then nobody but those who refer to it can reach it, so the garbage collector may release it. The
/// size of its memory counts as memory of this process, for the collector sees only a small object.
/// </remarks>
internal static class OpenObjects
{
    // An object, or a weak reference to one.
    private static readonly ConcurrentDictionary<(string Directory, ObjectKind Kind, string Name), object> Held = new();
    private static readonly ConditionalWeakTable<IIpcObject, WeakHold> WeakHolds = [];

    /// <summary>Holds an object that was made or opened by name; returns it.</summary>
    public static T Hold<T>(T value)
        where T : class, IIpcObject
    {
        Held[KeyOf(value)] = value;
        return value;
    }

    /// <summary>Holds an object that was made without a name, for as long as anything else refers to it; returns it.</summary>
    public static T HoldWeakly<T>(T value)
        where T : class, IIpcObject
    {
        if (ServerSettings.IsAddress(value.Reference.Directory))
        {
            return Hold(value);
        }

        var hold = new WeakHold(KeyOf(value), value);
        Held[hold.Key] = hold.Reference;
        WeakHolds.Add(value, hold);
        return value;
    }

    /// <summary>Holds an object for good that has been held weakly: it can be reached by its name from now on.</summary>
    public static void Keep(IIpcObject value)
    {
        if (WeakHolds.TryGetValue(value, out WeakHold? hold))
        {
            Held.TryUpdate(hold.Key, value, hold.Reference);
            WeakHolds.Remove(value);
            hold.End();
        }
    }

    /// <summary>Stops holding an object.</summary>
    public static void Forget(IIpcObject value)
    {
        if (WeakHolds.TryGetValue(value, out WeakHold? hold))
        {
            WeakHolds.Remove(value);
            hold.End();
            Remove(hold.Key, hold.Reference);
        }
        else
        {
            Remove(KeyOf(value), value);
        }
    }

    /// <summary>The object of a name, if this session holds it; it may have been removed since.</summary>
    public static IIpcObject? Find(string place, ObjectKind kind, string name)
    {
        IIpcObject? found = Held.TryGetValue((place, kind, name), out object? held) ? TargetOf(held) : null;
        if (found is not null)
        {
            Keep(found);
        }

        return found;
    }

    /// <summary>The names that this session holds in a place.</summary>
    public static IEnumerable<string> NamesIn(string place, ObjectKind[] kinds) =>
        Held.Where(h => h.Key.Directory == place && kinds.Contains(h.Key.Kind) && TargetOf(h.Value) is { IsRemoved: false }).Select(h => h.Key.Name);

    private static IIpcObject? TargetOf(object held) =>
        held is WeakReference<IIpcObject> weak ? weak.TryGetTarget(out IIpcObject? target) ? target : null : (IIpcObject)held;

    private static void Remove((string, ObjectKind, string) key, object held) =>
        ((ICollection<KeyValuePair<(string, ObjectKind, string), object>>)Held).Remove(new(key, held));

    private static (string, ObjectKind, string) KeyOf(IIpcObject value)
    {
        IpcReference reference = value.Reference;
        return (reference.Directory, reference.Kind, reference.Name);
    }

    /// <summary>What goes with an object that is held weakly; its finalizer runs when the object has been collected.</summary>
    private sealed class WeakHold
    {
        private readonly long _bytes;
        private int _ended;

        public WeakHold((string Directory, ObjectKind Kind, string Name) key, IIpcObject value)
        {
            Key = key;
            Reference = new WeakReference<IIpcObject>(value);
            var file = new FileInfo(IpcDirectory.At(key.Directory).PathOf(key.Kind, key.Name));
            _bytes = file.Exists ? file.Length : 0;
            if (_bytes > 0)
            {
                GC.AddMemoryPressure(_bytes);
            }
        }

        ~WeakHold()
        {
            Remove(Key, Reference);
            End();
        }

        public (string Directory, ObjectKind Kind, string Name) Key { get; }

        public WeakReference<IIpcObject> Reference { get; }

        public void End()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0 && _bytes > 0)
            {
                GC.RemoveMemoryPressure(_bytes);
            }
        }
    }
}
