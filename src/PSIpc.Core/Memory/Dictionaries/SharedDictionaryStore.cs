using System.Diagnostics.CodeAnalysis;
using System.Text;
using PSIpc.Core.Channels;
using PSIpc.Core.Platforms;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Memory;

/// <summary>An entry of a dictionary as bytes.</summary>
/// <param name="Format">The number of what wrote the value.</param>
/// <param name="Value">The value.</param>
/// <param name="Version">Which value of the dictionary it is, for <see cref="SharedDictionaryStore.Set"/>.</param>
public readonly record struct DictionaryEntryBytes(byte Format, byte[] Value, long Version);

/// <summary>Texts and bytes that processes share. It grows as needed, without anybody opening it again.</summary>
/// <remarks>
/// The words (docs/protocol.md, "Dictionary"): a lock for users, a robust lock for the store, and an arena of blocks, one after the other, each with its size and its state. The arena alone is
/// the truth: an entry counts from the store of its state on, and of two with one key the one with the higher version counts. The hash table and the lists of free blocks are only there to find things
/// quickly. A mark is set for as long as they change; who takes the lock over and finds it set makes them anew from the arena. So a writer can be killed after any store.
/// </remarks>
public sealed unsafe partial class SharedDictionaryStore : SharedObject
{
    /// <summary>The longest key, in bytes of UTF-8.</summary>
    public const int LongestKey = 1 << 16;

    /// <summary>The longest value, in bytes.</summary>
    public const int LongestValue = 1 << 30;

    private const string NamePrefix = "dictionary";
    internal const int HeaderSize = 4096;
    private const int FirstCapacity = 64 << 10;

    // A quarter: the part of the capacity that must be free again for it not to grow, and of the entries that must have been worked on since it was last tried.
    private const int WorthJoining = 4;

    private readonly RobustLock _storeLock;
    private readonly Lazy<SharedLock> _lock;
    private readonly SharedFile _file = null!;
    private readonly object _viewLock = new();
    private Arena _arena = null!;
    private long _sinceJoin = long.MaxValue / 2;

    private SharedDictionaryStore(Segment segment)
        : base(segment)
    {
        _lock = new(() => SharedLock.PartOf(Segment));
        try
        {
            segment.RequireBody(HeaderSize + FirstCapacity);
            _file = segment.OpenFile();
            _storeLock = new RobustLock((uint*)(segment.Body + Arena.StoreLockOffset), segment.Participants, segment.Participant);
            _arena = new Arena(segment.Body, null, (long)segment.BodySize, Name);
            DefaultFormat = _arena.DefaultFormat;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its own lock, which nobody has to use. A handle that holds it can take it again.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public SharedLock Lock
    {
        get
        {
            ThrowIfDisposed();
            return _lock.Value;
        }
    }

    /// <summary>How values are written where nobody says otherwise.</summary>
    public MessageFormat DefaultFormat { get; }

    /// <summary>How many entries there are.</summary>
    public long Count => IsDisposed ? 0 : Locked(static arena => arena.Count, default);

    /// <summary>How many entries there are, for whoever looks without being attached.</summary>
    internal static ObjectCounts CountsOf(byte* body) => new() { Depth = Math.Max(0, Volatile.Read(ref *(long*)(body + Arena.CountOffset))) };

    /// <summary>How often this handle has walked all entries to join those that are free.</summary>
    internal long Joins { get; private set; }

    /// <summary>Makes an empty dictionary.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="format">How values are written where nobody says otherwise.</param>
    /// <param name="openExisting">Whether to open the dictionary of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static SharedDictionaryStore Create(string? name = null, bool persistent = false, IpcDirectory? directory = null, MessageFormat format = default, bool openExisting = false) => new(Segment.Create(
        directory ?? IpcDirectory.Default,
        ObjectKind.Dictionary,
        name ?? IpcName.MakeUnique(NamePrefix),
        HeaderSize + FirstCapacity,
        persistent,
        segment =>
        {
            SharedLock.Initialize(segment.Body, recursive: true);
            Arena.Initialize(segment.Body, HeaderSize, HeaderSize + FirstCapacity, format);
        },
        openExisting));

    /// <summary>Opens a dictionary that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedDictionaryStore Open(string name, IpcDirectory? directory = null) => new(OpenSegment(ObjectKind.Dictionary, "shared dictionary", name, directory));

    /// <summary>The entry of a key; false when there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="entry">Its value.</param>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, <see cref="IpcErrorKind.CorruptData"/>.</exception>
    public bool TryGet(string key, out DictionaryEntryBytes entry, CancellationToken cancellation = default)
    {
        byte[] bytes = KeyBytes(key);
        DictionaryEntryBytes? found = Locked(arena => arena.Get(bytes), cancellation);
        entry = found.GetValueOrDefault();
        return found is not null;
    }

    /// <summary>Whether there is an entry of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, <see cref="IpcErrorKind.CorruptData"/>.</exception>
    public bool Contains(string key, CancellationToken cancellation = default)
    {
        byte[] bytes = KeyBytes(key);
        return Locked(arena => arena.Find(bytes) != 0, cancellation);
    }

    /// <summary>Stores an entry.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="format">The number of what wrote the value.</param>
    /// <param name="expected">What <see cref="DictionaryEntryBytes.Version"/> of the key must still be, 0 for no entry; null for whatever it is.</param>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <returns>Whether it was as expected, and is stored.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>; <see cref="IpcErrorKind.OutOfMemory"/> and <see cref="IpcErrorKind.MessageTooLarge"/>: all is as before.</exception>
    public bool Set(string key, ReadOnlyMemory<byte> value, byte format, long? expected = null, CancellationToken cancellation = default)
    {
        byte[] bytes = KeyBytes(key);
        if (value.Length > LongestValue)
        {
            throw new IpcException(IpcErrorKind.MessageTooLarge, Messages.DictionaryValueTooLarge.With(key, value.Length, LongestValue), Name);
        }

        return Locked(arena => arena.Set(bytes, value.Span, format, expected), cancellation);
    }

    /// <summary>Removes an entry; false when there was none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, <see cref="IpcErrorKind.CorruptData"/>.</exception>
    public bool Delete(string key, CancellationToken cancellation = default)
    {
        byte[] bytes = KeyBytes(key);
        return Locked(arena => arena.Delete(bytes), cancellation);
    }

    /// <summary>All keys that there are at one moment, in no order.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, <see cref="IpcErrorKind.CorruptData"/>.</exception>
    public string[] Keys(CancellationToken cancellation = default) =>
        [.. Locked(static arena => arena.Keys(), cancellation).Select(static k => Encoding.UTF8.GetString(k))];

    /// <summary>Takes the dictionary away from all processes; who has it open keeps it until they let go, but it grows no more.</summary>
    public void Remove() => Segment.Remove();

    private protected override void Detach(bool disposing)
    {
        if (disposing && _lock.IsValueCreated)
        {
            _lock.Value.Dispose();
        }

        if (disposing)
        {
            // Under the lock: a descriptor that is closed may be another file's at once.
            lock (_viewLock)
            {
                _file?.Dispose();
                _arena?.Retire();
            }
        }
    }

    private static byte[] KeyBytes(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        byte[] bytes = Encoding.UTF8.GetBytes(key);
        return bytes.Length <= LongestKey
            ? bytes
            : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.DictionaryKeyTooLong.With(LongestKey, bytes.Length));
    }

    /// <summary>Does something under the store's lock, with the memory mapped as far as it goes, and what a dead process left half done made good.</summary>
    private T Locked<T>(Func<Arena, T> work, CancellationToken cancellation)
    {
        ThrowIfDisposed();
        _storeLock.Enter(Deadline.Never, cancellation);
        try
        {
            ThrowIfDisposed();
            bool isJoined = false;
            while (true)
            {
                try
                {
                    Arena arena = View();
                    if (arena.IsDirty)
                    {
                        arena.Rebuild();
                    }

                    if (TryWork(work, arena, ref isJoined, out T? result))
                    {
                        ThrowIfDisposed(); // It may have worked on the zeros of memory that was given back.
                        return result;
                    }
                }
                catch (IpcException e) when (e.Kind == IpcErrorKind.CorruptData && IsDisposed)
                {
                    ThrowIfDisposed(); // What it read are the zeros of memory that was given back.
                }
            }
        }
        finally
        {
            _storeLock.Exit();
            GC.KeepAlive(this);
        }
    }

    /// <summary>
    /// Does it, or makes room for another try. Neighbours that are free become one before the file grows. Where that gives back little the file grows as well, and where this handle has done so
    /// a few changes ago it grows instead: so not every change walks all entries.
    /// </summary>
    private bool TryWork<T>(Func<Arena, T> work, Arena arena, ref bool isJoined, [MaybeNullWhen(false)] out T result)
    {
        try
        {
            _sinceJoin++;
            result = work(arena);
            return true;
        }
        catch (Arena.FullException full)
        {
            if (isJoined || _sinceJoin < arena.Count / WorthJoining || Join(arena) < arena.Capacity / WorthJoining)
            {
                Grow(arena, full.Needed);
            }

            isJoined = true;
            result = default;
            return false;
        }
    }

    private long Join(Arena arena)
    {
        Joins++;
        _sinceJoin = 0;
        return arena.Join();
    }

    /// <summary>The arena as it is mapped here, mapped again if another process has made it longer.</summary>
    private Arena View()
    {
        lock (_viewLock)
        {
            ThrowIfDisposed();
            long capacity = _arena.Capacity;
            if (capacity <= _arena.Mapped)
            {
                return _arena;
            }

            long length = _file.Length;
            if (capacity > length - SegmentHeader.BodyOffset)
            {
                throw new IpcException(IpcErrorKind.CorruptData, Messages.DictionaryFileTooShort.With(Name), Name);
            }

            var mapping = new Mapping(_file.Map((nuint)length, readOnly: false), (nuint)length);
            return _arena = new Arena(mapping.Base + SegmentHeader.BodyOffset, mapping, capacity, Name);
        }
    }

    /// <summary>First the file, then the word that says so: a crash in between leaves room that the next one to grow finds.</summary>
    private void Grow(Arena arena, long needed)
    {
        lock (_viewLock)
        {
            ThrowIfDisposed();
            long capacity = arena.Capacity;
            if (capacity < HeaderSize + FirstCapacity || capacity > arena.Mapped)
            {
                throw new IpcException(IpcErrorKind.CorruptData, Messages.DictionaryBlocksDamaged.With(Name), Name);
            }

            long least = capacity + needed + HeaderSize;
            long wanted = Math.Max(capacity * 2, least);
            try
            {
                _file.Grow(SegmentHeader.BodyOffset + wanted);
            }
            catch (IpcException) when (wanted > least)
            {
                wanted = least;
                _file.Grow(SegmentHeader.BodyOffset + wanted);
            }

            arena.Capacity = wanted;
        }
    }
}
