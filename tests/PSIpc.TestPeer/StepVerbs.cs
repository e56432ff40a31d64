using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;

namespace PSIpc.TestPeer;

/// <summary>What a send and a receive do, step by step and by hand, so that a test can kill or stop the process after each.</summary>
internal static unsafe class StepVerbs
{
    /// <summary>The steps of a send, in their order.</summary>
    public static readonly string[] SendSteps =
    [
        "lock", "first signal", "first wake", "padding", "block", "record", "ledger position", "ledger", "tail", "unlock", "second signal",
    ];

    /// <summary>The steps of a receive, in their order.</summary>
    public static readonly string[] ReceiveSteps =
    [
        "lock", "first signal", "first wake", "ledger position", "ledger", "head", "unlink", "unlock", "second signal",
    ];

    private const int BlockLength = 100_000;

    /// <summary>send-steps QUEUE LAST small|block: the steps of a send up to one of them.</summary>
    public static void Send(string[] args)
    {
        RingMemory ring = Open(args[0]);
        bool isBlock = args[2] == "block";
        int last = Array.IndexOf(SendSteps, args[1]);
        ulong tail = 0;
        LedgerEntry* current = null;
        LedgerEntry* next = null;
        OverflowBlock? block = null;
        byte[] body = isBlock ? BitConverter.GetBytes((long)BlockLength) : [7, 7, 7];
        if (isBlock)
        {
            byte[] large = new byte[BlockLength];
            Array.Fill(large, (byte)7);
            block = OverflowBlock.Write(ring.Segment, large);
        }

        Action[] steps =
        [
            () =>
            {
                if (!ring.SendLock.TryEnter())
                {
                    throw new InvalidOperationException("The lock is taken.");
                }
            },
            () => RaiseSignal(ring, RingMemory.DataEventOffset),
            () => ring.DataEvent.WakeSleepers(),
            () =>
            {
                tail = *ring.Tail;
                current = ring.Sent.Current(tail);
                *(uint*)(ring.Data + (tail % (ulong)ring.Capacity)) = RingMemory.Padding;
                tail += (ulong)ring.Capacity - (tail % (ulong)ring.Capacity);
            },
            () => block?.Publish(ring.BlockBase + tail),
            () =>
            {
                byte* record = ring.Data + (tail % (ulong)ring.Capacity);
                *(int*)record = body.Length;
                *(int*)(record + 4) = Environment.ProcessId;
                *(ulong*)(record + 8) = default(MessageStamp).Pack(isBlock ? RecordFlags.Block : RecordFlags.None);
                body.CopyTo(new Span<byte>(record + RingMemory.RecordHeaderSize, body.Length));
            },
            () =>
            {
                next = ring.Sent.Next(current);
                next->Position = tail + ring.RecordSize(body.Length);
            },
            () =>
            {
                next->Count = current->Count + 1;
                next->BlockBytes = current->BlockBytes + (isBlock ? (ulong)BlockLength : 0);
            },
            () => Volatile.Write(ref *ring.Tail, next->Position),
            () => ring.SendLock.Exit(),
            () => RaiseSignal(ring, RingMemory.DataEventOffset),
        ];
        Run(steps, last);
    }

    /// <summary>receive-steps QUEUE LAST: the steps of a receive up to one of them.</summary>
    public static void Receive(string[] args)
    {
        RingMemory ring = Open(args[0]);
        int last = Array.IndexOf(ReceiveSteps, args[1]);
        ulong head = 0;
        bool isBlock = false;
        LedgerEntry* current = null;
        LedgerEntry* next = null;
        byte* record = null;
        Action[] steps =
        [
            () =>
            {
                if (!ring.ReceiveLock.TryEnter())
                {
                    throw new InvalidOperationException("The lock is taken.");
                }
            },
            () => RaiseSignal(ring, RingMemory.SpaceEventOffset),
            () => ring.SpaceEvent.WakeSleepers(),
            () =>
            {
                head = *ring.Head;
                current = ring.Received.Current(head);
                next = ring.Received.Next(current);
                record = ring.Data + (head % (ulong)ring.Capacity);
                next->Position = head + ring.RecordSize(*(int*)record);
            },
            () =>
            {
                MessageStamp.Unpack(*(ulong*)(record + 8), out RecordFlags flags);
                isBlock = (flags & RecordFlags.Block) != 0;
                next->Count = current->Count + 1;
                next->BlockBytes = current->BlockBytes + (isBlock ? *(ulong*)(record + RingMemory.RecordHeaderSize) : 0);
            },
            () => Volatile.Write(ref *ring.Head, next->Position),
            () =>
            {
                if (isBlock)
                {
                    OverflowBlock.Unlink(ring.Segment, ring.BlockBase + head);
                }
            },
            () => ring.ReceiveLock.Exit(),
            () => RaiseSignal(ring, RingMemory.SpaceEventOffset),
        ];
        Run(steps, last);
    }

    private static void Run(Action[] steps, int last)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(last);
        for (int i = 0; i <= last; i++)
        {
            steps[i]();
        }

        Console.Out.Write("ready");
        Console.Out.Flush();
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>The first half of a wake: the signal is raised, but nobody woken.</summary>
    private static void RaiseSignal(RingMemory ring, int offset) =>
        Interlocked.Add(ref *(uint*)(ring.Data - RingMemory.ControlSize + offset), 2);

    private static RingMemory Open(string name) => new(
        Segment.TryOpen(IpcDirectory.Default, ObjectKind.Queue, name)
        ?? throw new IpcException(IpcErrorKind.NotFound, $"There is no queue '{name}'.", name),
        0,
        0);
}
