using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Memory;

/// <summary>One value that processes read and write whole: up to 8 bytes by the processor's own atomic instructions, more by two copies of which one is current.</summary>
/// <remarks>
/// The words (docs/protocol.md, "Value"): the page of an array's file, then for up to 8 bytes one word, else a version, a lock for writers and two slots. A writer fills the slot that is
/// not current and then stores the next version, whose lowest bit names the current one: wherever it is killed, the value is the old one or the new one. A reader that sees
/// another version after it copied the slot copies again, since a later writer may have been at it; who meets that often takes the writers' lock.
/// </remarks>
public sealed unsafe class SharedCell : SharedObject
{
    /// <summary>The most bytes that are one word.</summary>
    public const int WordSize = 8;

    /// <summary>The most bytes that a value can have.</summary>
    public const int LongestValue = 1 << 30;

    private const string NamePrefix = "value";
    private const int LockOffset = 64;
    private const int SlotsOffset = 128;
    private const int LengthSize = 8;
    private const int ReadsWithoutLock = 100;

    private readonly byte* _data;
    private readonly RobustLock _writers;
    private readonly Lazy<SharedLock> _lock;
    private readonly long _slotSize;

    private SharedCell(Segment segment)
        : base(segment)
    {
        _lock = new(() => SharedLock.PartOf(Segment));
        try
        {
            segment.RequireBody(BlockLayout.HeaderSize + SlotsOffset);
            long bytes = (long)segment.BodySize - BlockLayout.HeaderSize;
            Layout = BlockLayout.Read(segment.Body, bytes, segment.Kind, Name);
            segment.RequireBody(BodySize(Layout.ElementSize));
            _data = segment.Body + BlockLayout.HeaderSize;
            _slotSize = SlotSize(Layout.ElementSize);
            _writers = new RobustLock((uint*)(_data + LockOffset), segment.Participants, segment.Participant);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What the value is: one element.</summary>
    public BlockLayout Layout { get; }

    /// <summary>Whether the value is one word.</summary>
    public bool IsWord => Layout.Element is not (ElementType.String or ElementType.Struct) && Layout.ElementSize <= WordSize;

    /// <summary>Where a value of up to 8 bytes is in the file.</summary>
    public static long DataOffset => SegmentHeader.BodyOffset + BlockLayout.HeaderSize;

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

    /// <summary>The word.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public long Word
    {
        get
        {
            ThrowIfDisposed();
            long word = Volatile.Read(ref *(long*)_data);
            ThrowIfDisposed(); // What was read may be the zeros of memory that was given back. So with all that follows.
            GC.KeepAlive(this);
            return word;
        }
    }

    /// <summary>Makes a value.</summary>
    /// <param name="layout">What it is: one element.</param>
    /// <param name="value">Its bytes, as many as the element has or, of a text, fewer.</param>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="openExisting">Whether to open the value of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static SharedCell Create(BlockLayout layout, ReadOnlySpan<byte> value, string? name = null, bool persistent = false, IpcDirectory? directory = null, bool openExisting = false)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, layout.ElementSize, nameof(value));
        byte[] bytes = value.ToArray();
        return new(Segment.Create(
            directory ?? IpcDirectory.Default,
            ObjectKind.Value,
            name ?? IpcName.MakeUnique(NamePrefix),
            BodySize(layout.ElementSize),
            persistent,
            segment =>
            {
                SharedLock.Initialize(segment.Body, recursive: true);
                layout.Write(segment.Body);
                byte* data = segment.Body + BlockLayout.HeaderSize;
                bool isWord = layout.Element is not (ElementType.String or ElementType.Struct) && layout.ElementSize <= WordSize;
                *(long*)(data + SlotsOffset) = bytes.Length;
                bytes.CopyTo(new Span<byte>(isWord ? data : data + SlotsOffset + LengthSize, bytes.Length));
            },
            openExisting));
    }

    /// <summary>Opens a value that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedCell Open(string name, IpcDirectory? directory = null) => new(OpenSegment(ObjectKind.Value, "shared value", name, directory));

    /// <summary>Stores a word if it is still what the caller saw; a full fence.</summary>
    /// <param name="word">The new word.</param>
    /// <param name="expected">What it must still be.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public bool TryReplaceWord(long word, long expected)
    {
        ThrowIfDisposed();
        bool done = Interlocked.CompareExchange(ref *(long*)_data, word, expected) == expected;
        ThrowIfDisposed();
        GC.KeepAlive(this);
        return done;
    }

    /// <summary>The bytes of a value that is no word.</summary>
    /// <param name="version">Which value it is, for <see cref="TryReplace"/>.</param>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public byte[] Read(out long version, CancellationToken cancellation = default)
    {
        for (int i = 0; i < ReadsWithoutLock; i++)
        {
            ThrowIfDisposed();
            version = Volatile.Read(ref *(long*)_data);
            byte[] bytes = Slot(version).ToArray();
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref *(long*)_data) == version)
            {
                ThrowIfDisposed();
                GC.KeepAlive(this);
                return bytes;
            }
        }

        _writers.Enter(Deadline.Never, cancellation);
        try
        {
            ThrowIfDisposed();
            version = *(long*)_data;
            byte[] bytes = Slot(version).ToArray();
            ThrowIfDisposed();
            return bytes;
        }
        finally
        {
            _writers.Exit();
            GC.KeepAlive(this);
        }
    }

    /// <summary>Replaces a value that is no word.</summary>
    /// <param name="value">The new bytes.</param>
    /// <param name="expected">What <see cref="Read"/> said of the value that is to be replaced; null for whatever it is.</param>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <returns>Whether it was still that value.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public bool TryReplace(ReadOnlySpan<byte> value, long? expected = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, Layout.ElementSize, nameof(value));
        ThrowIfDisposed();
        _writers.Enter(Deadline.Never, cancellation);
        try
        {
            ThrowIfDisposed();
            long version = *(long*)_data;
            if (expected is { } one && one != version)
            {
                return false;
            }

            byte* slot = SlotAt(version + 1);
            *(long*)slot = value.Length;
            value.CopyTo(new Span<byte>(slot + LengthSize, value.Length));
            Volatile.Write(ref *(long*)_data, version + 1);
            ThrowIfDisposed();
            return true;
        }
        finally
        {
            _writers.Exit();
            GC.KeepAlive(this);
        }
    }

    /// <summary>Takes the value away from all processes; who has it open keeps it until they let go.</summary>
    public void Remove() => Segment.Remove();

    private protected override void Detach(bool disposing)
    {
        if (disposing && _lock.IsValueCreated)
        {
            _lock.Value.Dispose();
        }
    }

    private static long SlotSize(int bytes) => (LengthSize + (long)bytes + 63) / 64 * 64;

    private static long BodySize(int bytes) => BlockLayout.HeaderSize + SlotsOffset + (2 * SlotSize(bytes));

    private byte* SlotAt(long version) => _data + SlotsOffset + ((version & 1) * _slotSize);

    private ReadOnlySpan<byte> Slot(long version)
    {
        byte* slot = SlotAt(version);
        return new(slot + LengthSize, (int)Math.Clamp(*(long*)slot, 0, Layout.ElementSize));
    }
}
