using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

public sealed class SeveralProcessesTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Two_senders_and_two_receivers_pass_200000_messages_once_and_in_order()
    {
        const int Each = 100_000;
        using SharedQueue queue = SharedQueue.Create("q", 1 << 16, directory: _folder.Directory);
        using var receiver1 = new Peer(_folder, "receive", "q");
        using var receiver2 = new Peer(_folder, "receive", "q");
        using var sender1 = new Peer(_folder, "send", "q", 0, Each, 16);
        using var sender2 = new Peer(_folder, "send", "q", 1, Each, 16);
        sender1.End();
        sender2.End();
        queue.Close();

        var seen = new int[2, Each];
        foreach (Peer receiver in new[] { receiver1, receiver2 })
        {
            int[] numbers = receiver.EndWithNumbers();
            int[] last = [-1, -1];
            for (int i = 0; i < numbers.Length; i += 2)
            {
                Assert.True(numbers[i + 1] > last[numbers[i]]);
                last[numbers[i]] = numbers[i + 1];
                seen[numbers[i], numbers[i + 1]]++;
            }
        }

        Assert.All(seen.Cast<int>(), n => Assert.Equal(1, n));
    }

    [Fact]
    public void A_lock_of_a_stopped_process_is_not_taken_over_and_that_of_a_killed_one_is()
    {
        using SharedQueue queue = SharedQueue.Create("q", directory: _folder.Directory);
        using var holder = new Peer(_folder, "hold", "q");
        holder.WaitForOutput();
        holder.Stop();
        Assert.False(queue.Send("a"u8, default, Deadline.After(TimeSpan.FromSeconds(2))));
        holder.Continue();
        Assert.False(queue.Send("a"u8, default, Deadline.Now));
        holder.WriteLine();
        holder.End();
        Assert.True(queue.Send("a"u8, default, Deadline.After(TestFolder.Long)));

        using var killed = new Peer(_folder, "hold", "q");
        killed.WaitForOutput();
        killed.Kill();
        killed.End();
        Assert.True(queue.Send("b"u8, default, Deadline.After(TestFolder.Long)));
        Assert.Equal(2, queue.Count);
    }

    [Theory]
    [InlineData("idle", 0)]
    [InlineData("idle-many", 10)]
    [InlineData("idle-many", 300)]
    public void A_waiting_receiver_uses_no_processor_time(string how, int others)
    {
        using SharedQueue queue = SharedQueue.Create("q", directory: _folder.Directory);
        using var idle = new Peer(_folder, how, "q", others);
        idle.WaitForOutput();

        // A program that was just started compiles for a while, the longer the busier the machine is; one that looks again and again never stops.
        bool IsAsleep()
        {
            long before = idle.ProcessorTicks();
            Thread.Sleep(2000);
            return idle.ProcessorTicks() - before <= 1;
        }

        Assert.True(SpinWait.SpinUntil(IsAsleep, TestFolder.Long));
        queue.Send("x"u8, default, Deadline.Never);
        idle.End();
    }

    [Fact]
    public void The_last_process_takes_the_queue_along_unless_it_is_persistent()
    {
        SharedQueue queue = SharedQueue.Create("q", directory: _folder.Directory);
        SharedQueue kept = SharedQueue.Create("kept", persistent: true, directory: _folder.Directory);
        using var other = new Peer(_folder, "attach", "q");
        other.WaitForOutput();
        queue.Dispose();
        kept.Send("x"u8, default, Deadline.Never);
        kept.Dispose();
        Assert.Contains("psipc.queue.q", _folder.Files);

        other.Kill();
        other.End();
        using SharedQueue next = SharedQueue.Create("next", directory: _folder.Directory);
        Assert.Equal(["psipc.queue.kept", "psipc.queue.next"], _folder.Files.Order());
        using SharedQueue again = SharedQueue.Open("kept", _folder.Directory);
        Assert.Equal(1, again.Count);
    }
}
