using System.Text;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;
using PSIpc.TestPeer;

namespace PSIpc.Core.Tests;

/// <summary>A process killed after each single step of a send and of a receive, while another waits for what it would have done.</summary>
public sealed class StepTests : IDisposable
{
    private const int Large = 50_000;

    private readonly TestFolder _folder = new();

    public static TheoryData<string, string> SendSteps => Each(StepVerbs.SendSteps);

    public static TheoryData<string, string> ReceiveSteps => Each(StepVerbs.ReceiveSteps);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(SendSteps))]
    public void A_sender_killed_after_any_step_has_sent_or_not_and_nobody_waits_in_vain(string step, string kind)
    {
        using SharedQueue queue = Create();
        Send(queue, "first");
        Receive(queue);
        Task<string> receiving = Task.Run(() => Receive(queue));
        WaitForSleeper(ring => ring.DataEvent);
        KillAfter("send-steps", step, kind);

        // What was sent arrives without anybody's help.
        if (Array.IndexOf(StepVerbs.SendSteps, step) >= Array.IndexOf(StepVerbs.SendSteps, "tail"))
        {
            Assert.Equal(kind == "block" ? 100_000 : 3, Await(receiving).Length);
            receiving = Task.Run(() => Receive(queue));
        }

        Send(queue, "next");
        Assert.Equal("next", Await(receiving));
        AssertEmptyAndClean(queue);
    }

    [Theory]
    [MemberData(nameof(ReceiveSteps))]
    public void A_receiver_killed_after_any_step_has_taken_or_not_and_nobody_waits_in_vain(string step, string kind)
    {
        using SharedQueue queue = Create(maxCount: 2);
        string first = kind == "block" ? new string('1', Large) : "1";
        Send(queue, first);
        Send(queue, "2");
        Task sending = Task.Run(() => Send(queue, "3"));
        WaitForSleeper(ring => ring.SpaceEvent);
        KillAfter("receive-steps", step, kind);

        // The room that was made is found without anybody's help.
        if (Array.IndexOf(StepVerbs.ReceiveSteps, step) >= Array.IndexOf(StepVerbs.ReceiveSteps, "head"))
        {
            Assert.True(sending.Wait(TestFolder.Long), "the sender hangs");
        }
        else
        {
            Assert.Equal(first, Receive(queue));
            Assert.True(sending.Wait(TestFolder.Long), "the sender hangs");
        }

        Assert.Equal("2", Receive(queue));
        Assert.Equal("3", Receive(queue));
        AssertEmptyAndClean(queue);
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("record")]
    [InlineData("tail")]
    public void A_sender_stopped_after_a_step_keeps_its_lock(string step)
    {
        using SharedQueue queue = Create();
        Send(queue, "first");
        Receive(queue);
        using var peer = new Peer(_folder, "send-steps", "q", step, "small");
        peer.WaitForOutput();
        peer.Stop();
        Assert.False(queue.Send("x"u8, default, Deadline.After(TimeSpan.FromMilliseconds(300))));
        Assert.Equal(step == "tail" ? 1 : 0, queue.Count);
    }

    private static TheoryData<string, string> Each(string[] steps)
    {
        var data = new TheoryData<string, string>();
        foreach (string step in steps)
        {
            data.Add(step, "small");
            data.Add(step, "block");
        }

        return data;
    }

    private static T Await<T>(Task<T> task)
    {
        Assert.True(task.Wait(TestFolder.Long), "it hangs");
        return task.Result;
    }

    private static void Send(SharedQueue queue, string text) =>
        Assert.True(queue.Send(Encoding.ASCII.GetBytes(text), default, Deadline.After(TestFolder.Long)), "there is no room");

    private static string Receive(SharedQueue queue)
    {
        var message = new ReceivedMessage();
        Assert.True(queue.Receive(message, Deadline.After(TestFolder.Long)), "there is no message");
        return Encoding.ASCII.GetString(message.Body.Span);
    }

    private SharedQueue Create(long maxCount = 0) => SharedQueue.Create("q", 4096, maxCount, directory: _folder.Directory);

    private void KillAfter(string verb, string step, string kind)
    {
        using var peer = new Peer(_folder, verb, "q", step, kind);
        peer.WaitForOutput();
        peer.Kill();
        Assert.Equal("ready", Encoding.ASCII.GetString(peer.End()));
    }

    private void WaitForSleeper(Func<RingMemory, EventCount> wait)
    {
        Segment segment = Segment.TryOpen(_folder.Directory, ObjectKind.Queue, "q")!;
        var ring = new RingMemory(segment, 0, 0);
        Assert.True(SpinWait.SpinUntil(() => wait(ring).HasSleepers, TestFolder.Long), "nobody goes to sleep");
        segment.Release();
    }

    private void AssertEmptyAndClean(SharedQueue queue)
    {
        Assert.Equal((0, 0), (queue.Count, queue.Bytes));
        _folder.Directory.List();
        Assert.Equal(["psipc.queue.q"], _folder.Files);
    }
}
