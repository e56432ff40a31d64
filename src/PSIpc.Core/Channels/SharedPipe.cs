using PSIpc.Core.Segments;

namespace PSIpc.Core.Channels;

/// <summary>A pipe between two ends: one way, from its second end to its first, or both ways.</summary>
/// <remarks>
/// Body: a flag word, the owners of the two ends, then a ring from the second end to the first and, both ways, a ring back
/// (docs/protocol.md, "Pipe").
/// </remarks>
public sealed unsafe class SharedPipe : SharedObject
{
    /// <summary>The capacity of each direction when none is asked for, in bytes.</summary>
    public const long DefaultCapacity = 1 << 20;

    internal const int ControlSize = 384;
    private const string NamePrefix = "pipe";
    private const uint DuplexFlag = 1;
    private const int OwnerOffset = 128;
    private const int OwnerSize = 128;

    private SharedPipe(Segment segment, bool made)
        : base(segment)
    {
        try
        {
            First = new PipeEnd(segment.AddReference(), 0, made);
            Second = new PipeEnd(segment.AddReference(), 1, made);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The end that reads from a pipe of one way, or the first one of two equal ends.</summary>
    public PipeEnd First { get; }

    /// <summary>The end that writes into a pipe of one way, or the second one of two equal ends.</summary>
    public PipeEnd Second { get; }

    /// <summary>Whether messages go both ways.</summary>
    public bool IsDuplex => First.CanSend;

    /// <summary>Bytes of messages that each direction holds.</summary>
    public long Capacity => First.Capacity;

    /// <summary>Makes a pipe; this process has both ends until they arrive in others.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="duplex">Whether messages go both ways.</param>
    /// <param name="capacity">Bytes of messages that each direction holds, rounded up to a power of two of at least 4096; reserved at once.</param>
    /// <param name="defaultFormat">The number of the serializer of senders that name none.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="openExisting">Whether to open the pipe of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidName"/>, <see cref="IpcErrorKind.AlreadyExists"/>, <see cref="IpcErrorKind.OutOfMemory"/> or <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public static SharedPipe Create(
        string? name = null,
        bool duplex = false,
        long capacity = DefaultCapacity,
        MessageFormat defaultFormat = default,
        IpcDirectory? directory = null,
        bool openExisting = false)
    {
        long rounded = RingMemory.RoundCapacity(capacity);
        long size = ControlSize + (RingMemory.BytesFor(rounded) * (duplex ? 2 : 1));
        Segment pipe = Segment.Create(
            directory ?? IpcDirectory.Default,
            ObjectKind.Pipe,
            name ?? IpcName.MakeUnique(NamePrefix),
            size,
            persistent: false,
            segment =>
            {
                *(uint*)segment.Body = duplex ? DuplexFlag : 0;
                OwnerOf(segment, 0).Initialize();
                OwnerOf(segment, 1).Initialize();
                for (int ring = 0; ring < (duplex ? 2 : 1); ring++)
                {
                    RingMemory.Initialize(segment.Body + RingOffset(ring, rounded), rounded, 0, defaultFormat);
                }
            },
            openExisting,
            out bool isMade);
        return new SharedPipe(pipe, isMade);
    }

    /// <summary>Opens a pipe that exists, without taking an end of it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedPipe Open(string name, IpcDirectory? directory = null) => new(OpenSegment(name, directory), made: false);

    /// <summary>Takes the pipe's name away and ends it for both sides.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public void Remove(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        First.Shut(cancellation);
        Segment.Remove();
        GC.KeepAlive(this);
    }

    internal static Segment OpenSegment(string name, IpcDirectory? directory) => OpenSegment(ObjectKind.Pipe, "pipe", name, directory);

    internal static bool IsDuplexSegment(Segment segment)
    {
        segment.RequireBody(ControlSize);
        return *(uint*)segment.Body == DuplexFlag;
    }

    /// <summary>Wakes all who wait in either direction.</summary>
    internal static void WakeAll(Segment segment)
    {
        var toFirst = new RingMemory(segment, ControlSize, 0);
        toFirst.WakeAll();
        if (IsDuplexSegment(segment))
        {
            new RingMemory(segment, RingOffset(1, toFirst.Capacity), 1).WakeAll();
        }
    }

    /// <summary>What a body of these bytes says of what is in it, for whoever looks without being attached; null where it is no pipe's.</summary>
    internal static ObjectCounts? CountsOf(byte* body, long size)
    {
        if (size < ControlSize + RingMemory.ControlSize)
        {
            return null;
        }

        var first = new RingCounts(body + ControlSize, size - ControlSize - RingMemory.ControlSize);
        RingCounts? second = null;
        if (*(uint*)body == DuplexFlag)
        {
            long offset = RingOffset(1, first.Capacity);
            if (size - offset < RingMemory.ControlSize)
            {
                return null;
            }

            second = new RingCounts(body + offset, size - offset - RingMemory.ControlSize);
        }

        ObjectCounts counts = ObjectCounts.OfRing(first, second);
        bool isEndClosed = *(uint*)(body + OwnerOffset) == 0 || *(uint*)(body + OwnerOffset + OwnerSize) == 0;
        return counts with { IsOver = counts.IsOver || isEndClosed };
    }

    internal static EndOwner OwnerOf(Segment segment, int end) => new((uint*)(segment.Body + OwnerOffset + (end * OwnerSize)), segment);

    internal static long RingOffset(int ring, long capacity) => ControlSize + (ring * RingMemory.BytesFor(capacity));

    private protected override void Detach(bool disposing)
    {
        if (disposing)
        {
            First?.Dispose();
            Second?.Dispose();
        }
    }
}
