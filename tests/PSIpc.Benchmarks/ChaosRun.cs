using System.Buffers.Binary;
using System.Diagnostics;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>
/// Processes killed at random instants while the others go on: senders and receivers of a queue, workers of a queue that requires
/// confirmation, publishers and subscribers of a topic.
/// </summary>
internal sealed class ChaosRun(int kills)
{
    private const long Capacity = 1 << 14;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Random _random = new();
    private int _lastId;

    /// <summary>Runs; false when a message was lost or doubled, somebody hung, or something was left.</summary>
    public bool Run()
    {
        Figures.Heading($"Chaos: {kills} kills");
        using var folder = new RunFolder();
        var queueGroup = new ChaosGroup("queue");
        var workGroup = new ChaosGroup("work");
        var topicGroup = new ChaosGroup("topic");
        long start = Stopwatch.GetTimestamp();
        bool good;
        Dictionary<string, int> killed;
        using (SharedQueue queue = SharedQueue.Create(queueGroup.Name, Capacity, directory: folder.Directory))
        using (SharedQueue work = SharedQueue.Create(workGroup.Name, Capacity, requireConfirmation: true, directory: folder.Directory))
        using (SharedTopic topic = SharedTopic.Create(topicGroup.Name, Capacity, directory: folder.Directory))
        {
            ChaosMember[] senders = Members(folder, queueGroup, "send", 2);
            ChaosMember[] receivers = Members(folder, queueGroup, "receive", 2);
            ChaosMember[] workers = Members(folder, workGroup, "work", 2);
            ChaosMember[] publishers = Members(folder, topicGroup, "publish", 1);
            ChaosMember[] subscribers = Members(folder, topicGroup, "subscribe", 1, counts: false);
            ChaosMember[] all = [.. senders, .. receivers, .. workers, .. publishers, .. subscribers];
            using var stop = new CancellationTokenSource();
            TopicSubscription observer = topic.Subscribe();
            Task observing = Task.Run(() => Observe(observer, topicGroup));
            Task feeding = Task.Run(() => Feed(work, workGroup, stop.Token));
            Array.ForEach(all, m => m.Start());
            good = KillAll(all, [queueGroup, workGroup, topicGroup]);

            stop.Cancel();
            Array.ForEach([.. senders, .. publishers], m => m.End());
            good &= feeding.Wait(Patience);
            queue.Close();
            work.Close();
            topic.Close();
            good &= Array.TrueForAll([.. receivers, .. workers, .. subscribers], m => m.WaitForEnd(Patience)) & observing.Wait(Patience);
            good &= queue.WaitUntilEmpty(Deadline.Now) & work.WaitUntilEmpty(Deadline.Now);
            killed = all.GroupBy(m => m.Role).ToDictionary(g => g.Key, g => g.Sum(m => m.Kills));
            Console.WriteLine($"  killed: {string.Join(", ", killed.Select(k => $"{k.Value} {k.Key}"))}, in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s");
            Array.ForEach([.. receivers, .. workers, .. subscribers], m => m.End());
            observer.Dispose();
        }

        // One that a killed receiver had received, or a killed worker had confirmed, and not yet reported.
        good &= Report(queueGroup, killed["receive"]) & Report(workGroup, killed["work"]) & Report(topicGroup, 0);
        _ = folder.Directory.List();
        string[] left = folder.Files();
        Console.WriteLine($"  left behind: {(left.Length == 0 ? "nothing" : string.Join(", ", left))}");
        Console.WriteLine($"  {(good && left.Length == 0 ? "good" : "NOT GOOD")}");
        return good && left.Length == 0;
    }

    private static bool Report(ChaosGroup group, int mayBeTaken)
    {
        long missing = group.Missing();
        long taken = Math.Min(missing, mayBeTaken);
        Console.WriteLine(
            $"  {group.Name}: sent {group.Sent:N0}, received {group.Received:N0}, redelivered {group.Redelivered:N0}, doubled {group.Doubled:N0}, "
            + $"taken by a killed process {taken:N0}, lost {missing - taken:N0}, longest stall {group.LongestStall.TotalMilliseconds:F0} ms");
        return missing == taken && group.Doubled == 0 && group.Received > 0;
    }

    private static void Observe(TopicSubscription observer, ChaosGroup group)
    {
        var message = new ReceivedMessage();
        try
        {
            while (observer.Receive(message, Deadline.Never))
            {
                ReadOnlySpan<byte> body = message.Body.Span;
                group.NoteArrived(BinaryPrimitives.ReadInt32LittleEndian(body), BinaryPrimitives.ReadInt32LittleEndian(body[4..]), redelivered: false);
            }
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
            // The end.
        }
    }

    private static void Feed(SharedQueue work, ChaosGroup group, CancellationToken stop)
    {
        byte[] body = new byte[64];
        try
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), i);
                work.Send(body, default, Deadline.Never, stop);
                group.NoteSent(0, i);
            }
        }
        catch (OperationCanceledException)
        {
            // The last one was not sent.
        }
    }

    private bool KillAll(ChaosMember[] members, ChaosGroup[] groups)
    {
        for (int kill = 0; kill < kills; kill++)
        {
            ChaosMember victim = members[_random.Next(members.Length)];
            if (!victim.Kill(Patience, _random.Next(8)))
            {
                Console.WriteLine($"  a process ({victim.Role}) that was started does not get to its work");
                return false;
            }

            victim.Start();
            ChaosGroup? stalled = Array.Find(groups, g => g.SinceProgress > Patience);
            if (stalled is not null)
            {
                Console.WriteLine($"  nothing arrives any more through '{stalled.Name}'");
                return false;
            }
        }

        return true;
    }

    private ChaosMember[] Members(RunFolder folder, ChaosGroup group, string role, int count, bool counts = true) =>
        [.. Enumerable.Range(0, count).Select(_ => new ChaosMember(folder, group, role, counts, () => ++_lastId))];
}
