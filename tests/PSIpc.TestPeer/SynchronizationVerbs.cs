using PSIpc.Core;
using PSIpc.Core.Memory;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.TestPeer;

/// <summary>What a process does with a lock, a semaphore or an event.</summary>
internal static class SynchronizationVerbs
{
    /// <summary>Takes and lets go of it again and again, or as the verb says; writes a byte when it is at it.</summary>
    public static int Run(string[] words, Stream output)
    {
        switch (words)
        {
            case ["lock-hold", var name]:
                using (SharedLock held = SharedLock.Open(name))
                {
                    held.Enter(Deadline.Never);
                    output.Write("h"u8);
                    Console.In.ReadLine();
                }

                return 0;
            case ["lock-churn", var name]:
                Churn(SharedLock.Open(name), output);
                return 0;
            case ["lock-count", var name, var counter, var count]:
                Count(SharedLock.Open(name), counter, int.Parse(count, null));
                return 0;
            case ["semaphore-churn", var name]:
                SemaphoreChurn(SharedSemaphore.Open(name), output);
                return 0;
            case ["semaphore-hold", var name]:
                using (SharedSemaphore held = SharedSemaphore.Open(name))
                {
                    held.Enter(Deadline.Never);
                    output.Write("h"u8);
                    Console.In.ReadLine();
                }

                return 0;
            case ["semaphore-add", var name]:
                using (SharedSemaphore added = SharedSemaphore.Open(name))
                {
                    while (true)
                    {
                        added.Exit();
                        output.Write("a"u8);
                    }
                }

            case ["semaphore-take", var name]:
                using (SharedSemaphore taken = SharedSemaphore.Open(name))
                {
                    while (taken.Enter(Deadline.Never))
                    {
                        output.Write("t"u8);
                    }
                }

                return 0;
            case ["semaphore-leave", var name]:
                using (SharedSemaphore held = SharedSemaphore.Open(name))
                {
                    held.Enter(Deadline.Never);
                    output.Write("h"u8);
                    Console.In.ReadLine();
                }

                output.Write("l"u8);
                Thread.Sleep(Timeout.Infinite);
                return 0;
            case ["monitor-hold", var kind, var name, var offset]:
                HoldMonitor(Enum.Parse<ObjectKind>(kind), name, int.Parse(offset, null), output);
                return 0;
            case ["sleep", var kind, var name]:
                SleepOn(kind, name, output);
                return 0;
            case ["event-wait", var name, var threads]:
                WaitMany(SharedEvent.Open(name), int.Parse(threads, null), output);
                return 0;
            case ["barrier-open", var name]:
                SharedBarrier.Open(name);
                output.Write("r"u8);
                Thread.Sleep(Timeout.Infinite);
                return 0;
            case ["barrier-leave", var name]:
                using (SharedBarrier barrier = SharedBarrier.Open(name))
                {
                    barrier.Wait(Deadline.Never);
                    output.Write("r"u8);
                    Console.In.ReadLine();
                }

                output.Write("l"u8);
                Thread.Sleep(Timeout.Infinite);
                return 0;
            case ["condition-leave", var name]:
                LeaveWhileWaiting(SharedCondition.Open(name), output);
                return 0;
            case ["barrier-wait", var name, var phases]:
                PassPhases(SharedBarrier.Open(name), int.Parse(phases, null), output);
                return 0;
            case ["condition-wait", var name]:
                WaitOnce(SharedCondition.Open(name), output);
                return 0;
            case ["condition-turns", var name, var turn, var own, var count]:
                TakeTurns(SharedCondition.Open(name), SharedCell.Open(turn), int.Parse(own, null), int.Parse(count, null));
                return 0;
            default:
                return 64;
        }
    }

    /// <summary>Holds the lock inside an object until it is told to go on, as a process that was stopped there.</summary>
    private static unsafe void HoldMonitor(ObjectKind kind, string name, int offset, Stream output)
    {
        Segment segment = Segment.TryOpen(IpcDirectory.Default, kind, name)!;
        var held = new RobustLock((uint*)(segment.Body + offset), segment.Participants, segment.Participant);
        held.Enter(Deadline.Never, default);
        output.Write("h"u8);
        Console.In.ReadLine();
        held.Exit();
        output.Write("x"u8);
        Thread.Sleep(Timeout.Infinite);
    }

    private static void LeaveWhileWaiting(SharedCondition condition, Stream output)
    {
        var waiter = new Thread(() =>
        {
            try
            {
                condition.Lock.Enter(Deadline.Never);
                condition.Wait(Deadline.Never);
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
            {
            }
        });
        waiter.Start();
        Console.In.ReadLine();
        condition.Dispose();
        waiter.Join();
        output.Write("l"u8);
        Thread.Sleep(Timeout.Infinite);
    }

    private static void PassPhases(SharedBarrier barrier, int phases, Stream output)
    {
        output.Write("r"u8);
        for (int i = 0; i < phases; i++)
        {
            barrier.Wait(Deadline.Never);
        }
    }

    private static void WaitOnce(SharedCondition condition, Stream output)
    {
        condition.Lock.Enter(Deadline.Never);
        output.Write("r"u8);
        condition.Wait(Deadline.Never);
        condition.Lock.Exit();
    }

    /// <summary>Adds 1 to a number whenever it is even, or odd for the second process.</summary>
    private static void TakeTurns(SharedCondition condition, SharedCell turn, int own, int count)
    {
        for (int i = 0; i < count; i++)
        {
            condition.Lock.Enter(Deadline.Never);
            while (turn.Word % 2 != own)
            {
                condition.Wait(Deadline.Never);
            }

            turn.TryReplaceWord(turn.Word + 1, turn.Word);
            condition.Set();
            condition.Lock.Exit();
        }
    }

    private static void Churn(SharedLock shared, Stream output)
    {
        output.Write("r"u8);
        while (true)
        {
            shared.Enter(Deadline.Never);
            shared.Exit();
        }
    }

    /// <summary>Adds to a number in a file under the lock, by reading and writing it: a lost update shows in the sum.</summary>
    private static void Count(SharedLock shared, string counter, int count)
    {
        using FileStream file = new(counter, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        Span<byte> bytes = stackalloc byte[8];
        for (int i = 0; i < count; i++)
        {
            shared.Enter(Deadline.Never);
            file.Position = 0;
            file.ReadExactly(bytes);
            BitConverter.TryWriteBytes(bytes, BitConverter.ToInt64(bytes) + 1);
            file.Position = 0;
            file.Write(bytes);
            shared.Exit();
        }
    }

    private static void SemaphoreChurn(SharedSemaphore semaphore, Stream output)
    {
        output.Write("r"u8);
        while (true)
        {
            semaphore.Enter(Deadline.Never);
            semaphore.Exit();
        }
    }

    private static void SleepOn(string kind, string name, Stream output)
    {
        output.Write("r"u8);
        switch (kind)
        {
            case "lock":
                SharedLock.Open(name).Enter(Deadline.Never);
                break;
            case "semaphore":
                SharedSemaphore.Open(name).Enter(Deadline.Never);
                break;
            case "event":
                SharedEvent.Open(name).Wait(Deadline.Never);
                break;
            case "barrier":
                SharedBarrier.Open(name).Wait(Deadline.Never);
                break;
            default:
                SharedCondition condition = SharedCondition.Open(name);
                condition.Lock.Enter(Deadline.Never);
                condition.Wait(Deadline.Never);
                break;
        }
    }

    private static void WaitMany(SharedEvent shared, int count, Stream output)
    {
        Thread[] threads = [.. Enumerable.Range(0, count).Select(_ => new Thread(() => shared.Wait(Deadline.Never), 128 << 10))];
        Array.ForEach(threads, t => t.Start());
        output.Write("r"u8);
        Array.ForEach(threads, t => t.Join());
        shared.Dispose();
    }
}
