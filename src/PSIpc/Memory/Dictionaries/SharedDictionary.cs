using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Memory;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>A dictionary that processes share: texts as keys, which differ in upper and lower case, and as values whatever a serializer writes. It grows as needed.</summary>
public sealed class SharedDictionary : IpcSharedObject, ILockOwner
{
    private readonly SharedDictionaryStore _store;
    private readonly Lazy<IpcLock> _lock;

    internal SharedDictionary(SharedDictionaryStore store)
        : base(store, ObjectKind.Dictionary)
    {
        _store = store;
        _lock = new(() => IpcLock.PartOf(_store.Lock, ObjectKind.Dictionary, this));
    }

    /// <summary>How many entries there are.</summary>
    public long Count => _store.Count;

    /// <summary>The serializer of values.</summary>
    public string Serializer => IpcSerializers.NameOf(_store.DefaultFormat);

    /// <summary>All keys that there are at one moment, in no order.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public string[] Keys => _store.Keys();

    /// <summary>Its own lock, which Use-IpcLock takes too and AddOrUpdate holds. Nothing else waits for it.</summary>
    public IpcLock Lock => _lock.Value;

    internal static NamedObjects<SharedDictionary> Named { get; } =
        new(ObjectKind.Dictionary, "shared dictionary", static name => new SharedDictionary(SharedDictionaryStore.Open(name)));

    /// <summary>The value of a key, as a copy; null where there is none. Setting it adds or replaces it.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>, <see cref="IpcErrorKind.OutOfMemory"/>, <see cref="IpcErrorKind.Closed"/>: nothing was changed.</exception>
    public object? this[string key]
    {
        get => TryGet(key, out _, out object? value) ? value : null;
        set => Store(key, value, expected: null);
    }

    /// <summary>Makes an empty dictionary.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="serializer">The serializer of values.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="openExisting">Whether to open the dictionary of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, the serializer unknown, or the shared memory is full.</exception>
    public static SharedDictionary Create(string? name = null, string serializer = IpcSerializers.DefaultName, bool persistent = false, bool openExisting = false) =>
        new(SharedDictionaryStore.Create(name, persistent, null, IpcSerializers.FormatOf(serializer), openExisting));

    /// <summary>Adds an entry.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AlreadyExists"/>, and as the indexer.</exception>
    public void Add(string key, object? value)
    {
        if (!TryAdd(key, value))
        {
            throw new IpcException(IpcErrorKind.AlreadyExists, Messages.DictionaryEntryExists.With(ShownName, key), ShownName);
        }
    }

    /// <summary>Adds an entry unless there is one.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="IpcException">As the indexer.</exception>
    public bool TryAdd(string key, object? value) => Store(key, value, expected: 0);

    /// <summary>Removes an entry.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public bool Remove(string key) => _store.Delete(key);

    /// <summary>Whether there is an entry.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public bool ContainsKey(string key) => _store.Contains(key);

    /// <summary>Removes all entries that there are now, one by one.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public void Clear()
    {
        foreach (string key in Keys)
        {
            _store.Delete(key);
        }
    }

    /// <summary>Adds an entry, or replaces its value by what a script block makes of it, which is <c>$_</c>, under the dictionary's lock.</summary>
    /// <param name="key">The key.</param>
    /// <param name="addValue">The value if there is none yet.</param>
    /// <param name="update">What makes the new value. It runs again where somebody else changed the value without the lock while it ran.</param>
    /// <returns>The new value.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> when the script block does not write one object, and as the indexer.</exception>
    public object? AddOrUpdate(string key, object? addValue, ScriptBlock update)
    {
        ArgumentNullException.ThrowIfNull(update);
        Lock.Enter();
        try
        {
            while (true)
            {
                object? value = TryGet(key, out long version, out object? now) ? Run(update, now) : addValue;
                if (Store(key, value, version))
                {
                    return value;
                }
            }
        }
        finally
        {
            if (Lock.IsHeldHere && !IsRemoved)
            {
                Lock.Exit();
            }
        }
    }

    /// <summary>Goes through the entries whose keys there are now; each is whole, with the value that it has when its turn comes, and those removed meanwhile are left out.</summary>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        foreach (string key in Keys)
        {
            if (TryGet(key, out _, out object? value))
            {
                yield return new(key, value);
            }
        }
    }

    /// <inheritdoc/>
    public override void Remove(CancellationToken cancellation = default) => _store.Remove();

    internal static SharedDictionary Open(IpcReference reference) => new(SharedDictionaryStore.Open(reference.Name, IpcDirectory.At(reference.Directory)));

    private static PSObject? Run(ScriptBlock update, object? value)
    {
        System.Collections.ObjectModel.Collection<PSObject> output = update.InvokeWithContext(null, [new PSVariable("_", value)]);
        return output.Count == 1
            ? output[0]
            : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.UpdateWroteSeveral.With(output.Count));
    }

    private bool TryGet(string key, out long version, out object? value)
    {
        value = null;
        bool found = _store.TryGet(key, out DictionaryEntryBytes entry);
        version = entry.Version;
        if (found)
        {
            ReadOnlyMemory<byte> body = entry.Value;
            value = IpcSerializers.Of(entry.Format, ref body).Deserialize(body);
        }

        return found;
    }

    private bool Store(string key, object? value, long? expected)
    {
        IIpcSerializer serializer = IpcSerializers.Get(Serializer);
        MessageBuffer buffer = MessageBuffer.Rent(new WriteOptions(AllowsSecrets: !_store.IsPersistent));
        try
        {
            MessageCodec.Write(value, serializer, buffer);
            return _store.Set(key, buffer.Written.ToArray(), serializer.Format, expected);
        }
        finally
        {
            buffer.Return();
        }
    }
}
