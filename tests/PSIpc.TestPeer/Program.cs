using System.Buffers.Binary;
using System.Globalization;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.TestPeer;

/// <summary>The other process of the engine's tests: one verb, then what it is done to. Says what it did on the standard output.</summary>
internal static class Program
{
    private static int Main(string[] words)
    {
        using Stream output = Console.OpenStandardOutput();
        switch (words[0])
        {
            case "send-steps":
                StepVerbs.Send(words[1..]);
                return 0;
            case "receive-steps":
                StepVerbs.Receive(words[1..]);
                return 0;
            case "race":
                NameRace.Run(Number(words[1]), Number(words[2]), Number(words[3]));
                return 0;
            case "open-together":
                OpenVerbs.Together(words[1], words[2], Number(words[3]), output);
                return 0;
            case "open-churn":
                OpenVerbs.Churn(words[1], output);
                return 0;
            case "pipe":
                PipeVerbs.Run(words[1], words[2], Number(words[3]), output);
                return 0;
            case "subscribe":
                TopicVerbs.Subscribe(words[1], words[2], output);
                return 0;
            case "publish":
                TopicVerbs.Publish(words[1], Number(words[2]), Number(words[3]), Number(words[4]), output);
                return 0;
            case "lock-hold" or "lock-churn" or "lock-count" or "semaphore-churn" or "semaphore-hold" or "sleep" or "event-wait"
                or "semaphore-leave" or "semaphore-add" or "semaphore-take" or "monitor-hold" or "barrier-wait" or "barrier-open" or "barrier-leave" or "condition-leave" or "condition-wait" or "condition-turns":
                return SynchronizationVerbs.Run(words, output);
            case "cell-churn" or "cell-add" or "cell-flip" or "block-flip" or "block-hold" or "dictionary-churn" or "dictionary-fill":
                return MemoryVerbs.Run(words, output);
            case "pool-worker":
                return PoolVerbs.Run(words[1]);
            case "victim":
                Kills.KillRounds.Suffer(words, output);
                return 0;
            case "keep":
                return Keep(words[1], Number(words[2]), output);
        }

        SharedQueue queue = SharedQueue.Open(words[1]);
        switch (words[0])
        {
            case "send":
                Send(queue, output, Number(words[2]), Number(words[3]), Number(words[4]), report: words.Length > 5);
                return 0;
            case "receive":
                Receive(queue, output);
                return 0;
            case "work":
                Work(queue, output, confirm: words[2] == "confirm");
                return 0;
            case "take":
                queue.Receive(new ReceivedMessage(), Deadline.Never);
                output.Write("took"u8);
                Console.In.ReadLine();
                queue.Dispose();
                return 0;
            case "take-release":
                TakeAndRelease(queue, output);
                return 0;
            case "idle":
                output.Write("ready\n"u8);
                queue.Receive(new ReceivedMessage(), Deadline.Never);
                return 0;
            case "idle-many":
                IdleMany(queue, Number(words[2]), output);
                return 0;
            case "hold":
                return Hold(words[1], output);
            case "attach":
                output.Write("ready\n"u8);
                Thread.Sleep(Timeout.Infinite);
                return 0;
            case "leave":
                output.Write("ready\n"u8);
                Console.In.ReadLine();
                queue.Dispose();
                return 0;
            default:
                return 64;
        }
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    /// <summary>Receives a message and leaves the queue in two steps, each at a line: releases the message if it can, then frees its slot.</summary>
    private static void TakeAndRelease(SharedQueue queue, Stream output)
    {
        queue.Receive(new ReceivedMessage(), Deadline.Never);
        output.Write("t"u8);
        Console.In.ReadLine();
        ConfirmingReceiver.ReleaseAll(queue.Segment);
        output.Write("r"u8);
        Console.In.ReadLine();
        queue.Segment.OnLeaving = null;
        queue.Dispose();
        output.Write("l"u8);
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>Sends messages of sender and index, padded; reports the index of each one that was sent.</summary>
    private static void Send(SharedQueue queue, Stream output, int sender, int count, int size, bool report)
    {
        byte[] body = new byte[Math.Max(8, size)];
        byte[] ack = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(body, sender);
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), i);
            queue.Send(body, default, Deadline.Never);
            if (report)
            {
                BinaryPrimitives.WriteInt32LittleEndian(ack, i);
                output.Write(ack);
            }
        }
    }

    /// <summary>Receives until the queue is closed; reports the first eight bytes of each message.</summary>
    private static void Receive(SharedQueue queue, Stream output)
    {
        var message = new ReceivedMessage();
        try
        {
            while (queue.Receive(message, Deadline.Never))
            {
                output.Write(message.Body.Span[..8]);
            }
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
        }
    }

    /// <summary>Receives until the queue is closed and, if told so, confirms; reports the first eight bytes of each message when done with it.</summary>
    private static void Work(SharedQueue queue, Stream output, bool confirm)
    {
        var message = new ReceivedMessage();
        try
        {
            while (queue.Receive(message, Deadline.Never))
            {
                if (confirm)
                {
                    queue.Confirm(message);
                }

                output.Write(message.Body.Span[..8]);
            }
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
        }
    }

    /// <summary>Makes a queue with large messages in it and one more on the way, and keeps them.</summary>
    private static int Keep(string name, int messages, Stream output)
    {
        SharedQueue queue = SharedQueue.Create(name, 4096);
        for (int i = 0; i < messages; i++)
        {
            queue.Send(new byte[i == 0 ? 10_000 : 10], default, Deadline.Now);
        }

        using OverflowBlock onTheWay = OverflowBlock.Write(Segment.TryOpen(IpcDirectory.Default, ObjectKind.Queue, name)!, new byte[100]);
        output.Write("ready\n"u8);
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    /// <summary>Waits for this queue and many others at once.</summary>
    private static void IdleMany(SharedQueue queue, int others, Stream output)
    {
        List<SharedQueue> all = [queue];
        for (int i = 0; i < others; i++)
        {
            all.Add(SharedQueue.Create(capacity: 4096));
        }

        using var wait = new MultipleWait([.. all.Select(q => q.Waitable)]);
        output.Write("ready\n"u8);
        wait.Wait(all: false, Deadline.Never, default);
    }

    /// <summary>Takes the send lock and keeps it.</summary>
    private static int Hold(string name, Stream output)
    {
        Segment segment = Segment.TryOpen(IpcDirectory.Default, ObjectKind.Queue, name)!;
        var ring = new RingMemory(segment, 0, 0);
        ring.EnterSend(Deadline.Never, default);
        output.Write("held\n"u8);
        Console.In.ReadLine();
        ring.SendLock.Exit();
        output.Write("released\n"u8);
        return 0;
    }
}
