using System.Buffers.Binary;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Pipes: their ends, who has them, and how they end, with real processes at the other side.</summary>
public sealed class PipeTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ReceivedMessage _message = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_the_writer_sends_the_reader_receives_in_order_and_then_the_end()
    {
        using SharedPipe pipe = Create();
        pipe.Second.Send("one"u8, default, Deadline.Now);
        pipe.Second.Send([], default, Deadline.Now);
        pipe.Second.Send(new byte[100_000], default, Deadline.Now);
        pipe.Second.Close();
        Assert.True(pipe.First.Receive(_message, Deadline.Now));
        Assert.Equal("one"u8, _message.Body.Span);
        Assert.True(pipe.First.Receive(_message, Deadline.Now));
        Assert.Equal(0, _message.Length);
        Assert.True(pipe.First.Receive(_message, Deadline.Now));
        Assert.Equal(100_000, _message.Length);
        Assert.Equal(IpcErrorKind.Closed, KindOf(() => pipe.First.Receive(_message, Deadline.Never)));
        Assert.Equal(IpcErrorKind.Closed, KindOf(() => pipe.Second.Send([1], default, Deadline.Now)));
    }

    [Fact]
    public void Each_end_of_one_way_does_only_its_part()
    {
        using SharedPipe pipe = Create();
        Assert.Equal(IpcErrorKind.NotSupported, KindOf(() => pipe.First.Send([1], default, Deadline.Now)));
        Assert.Equal(IpcErrorKind.NotSupported, KindOf(() => pipe.Second.Receive(_message, Deadline.Now)));
    }

    [Fact]
    public void Both_ends_of_two_ways_send_and_receive()
    {
        using SharedPipe pipe = Create(duplex: true);
        using var echo = new Peer(_folder, "pipe", "echo", "p", 1);
        echo.WaitForOutput();
        for (int i = 0; i < 1000; i++)
        {
            byte[] body = BitConverter.GetBytes(i);
            pipe.First.Send(body, default, Deadline.Never);
            Assert.True(pipe.First.Receive(_message, Deadline.After(TestFolder.Long)));
            Assert.Equal(body, _message.Body.ToArray());
        }

        Assert.Equal(IpcErrorKind.NotOwner, KindOf(() => pipe.Second.Send([1], default, Deadline.Now)));
        pipe.First.Close();
        Assert.Equal(0, echo.EndWithCode());
    }

    [Theory]
    [InlineData("kill", false)]
    [InlineData("leave", false)]
    [InlineData("kill", true)]
    [InlineData("leave", true)]
    public void A_sleeping_reader_wakes_to_the_end_when_the_writers_process_is_gone(string how, bool duplex)
    {
        using SharedPipe pipe = Create(duplex);
        using var writer = new Peer(_folder, "pipe", how == "kill" ? "have" : "leave", "p", 1);
        Task<IpcErrorKind?> reading = Task.Run(() => KindOf(() => pipe.First.Receive(_message, Deadline.Never)));
        writer.WaitForOutput();
        Assert.False(reading.Wait(100));
        End(writer, how);
        Assert.True(reading.Wait(TestFolder.Long), "the reader hangs");
        Assert.Equal(IpcErrorKind.Closed, reading.Result);
    }

    [Theory]
    [InlineData("kill")]
    [InlineData("leave")]
    public void A_writer_that_waits_for_room_wakes_to_the_end_when_the_readers_process_is_gone(string how)
    {
        using SharedPipe pipe = Create();
        using var reader = new Peer(_folder, "pipe", how == "kill" ? "have" : "leave", "p", 0);
        Task<IpcErrorKind?> writing = Task.Run(() => KindOf(() =>
        {
            while (pipe.Second.Send(new byte[64], default, Deadline.Never))
            {
            }

            return true;
        }));
        reader.WaitForOutput();
        Assert.False(writing.Wait(100));
        End(reader, how);
        Assert.True(writing.Wait(TestFolder.Long), "the writer hangs");
        Assert.Equal(IpcErrorKind.Closed, writing.Result);
    }

    [Fact]
    public void A_writer_that_never_waits_learns_of_the_readers_death_too()
    {
        using SharedPipe pipe = Create();
        using var reader = new Peer(_folder, "pipe", "have", "p", 0);
        reader.WaitForOutput();
        pipe.Second.Send([1], default, Deadline.Now);
        reader.Kill();
        Assert.True(SpinWait.SpinUntil(() => KindOf(() => pipe.Second.Send([1], default, Deadline.Now)) == IpcErrorKind.Closed, TestFolder.Long));
    }

    [Fact]
    public void A_reader_that_never_waits_learns_of_the_writers_death_too()
    {
        using SharedPipe pipe = Create();
        using var writer = new Peer(_folder, "pipe", "have", "p", 1);
        writer.WaitForOutput();
        Assert.False(pipe.First.Receive(_message, Deadline.Now));
        writer.Kill();
        Assert.True(SpinWait.SpinUntil(() => KindOf(() => pipe.First.Receive(_message, Deadline.Now)) == IpcErrorKind.Closed, TestFolder.Long));
    }

    [Fact]
    public void An_end_goes_on_to_the_last_process_that_it_arrives_in_until_one_uses_it()
    {
        using SharedPipe pipe = Create();
        Task<IpcErrorKind?> reading = Task.Run(() => KindOf(() => pipe.First.Receive(_message, Deadline.Never)));
        using var first = new Peer(_folder, "pipe", "have", "p", 1);
        first.WaitForOutput();
        Assert.Equal(first.Id, pipe.Second.OwnerProcessId);
        using var second = new Peer(_folder, "pipe", "have", "p", 1);
        second.WaitForOutput();
        Assert.Equal(second.Id, pipe.Second.OwnerProcessId);
        first.Kill();
        Assert.False(reading.Wait(200), "the end of a process that had passed the writer on is not the end of the pipe");
        second.Kill();
        Assert.True(reading.Wait(TestFolder.Long), "the reader still waits for the process that had the writer first");
        Assert.Equal(IpcErrorKind.Closed, reading.Result);
    }

    [Fact]
    public void An_end_that_a_living_process_uses_is_nobody_elses()
    {
        using SharedPipe pipe = Create();
        using var writer = new Peer(_folder, "pipe", "send", "p", 1);
        writer.WaitForOutput();
        Assert.True(pipe.First.Receive(_message, Deadline.After(TestFolder.Long)));
        Assert.Equal(IpcErrorKind.NotOwner, KindOf(() => pipe.Second.Send([1], default, Deadline.Now)));
        using var other = new Peer(_folder, "pipe", "have", "p", 1);
        Assert.NotEqual(0, other.EndWithCode());
        Assert.True(pipe.First.Receive(_message, Deadline.After(TestFolder.Long)), "the refused one did harm");
    }

    [Fact]
    public void An_end_whose_owner_is_gone_is_nobodys_any_more()
    {
        using SharedPipe pipe = Create();
        using var writer = new Peer(_folder, "pipe", "have", "p", 1);
        writer.WaitForOutput();
        writer.Kill();
        writer.EndWithCode();
        Assert.Equal(IpcErrorKind.Closed, KindOf(() => pipe.Second.Send([1], default, Deadline.Now)));
    }

    [Fact]
    public void An_end_that_was_passed_on_is_not_closed_by_who_passed_it_on()
    {
        using SharedPipe pipe = Create();
        pipe.Second.PassOn();
        pipe.Second.Dispose();
        using PipeEnd arrived = PipeEnd.Open("p", 1, _folder.Directory);
        Assert.True(arrived.Send([1], default, Deadline.Now));
        Assert.True(pipe.First.Receive(_message, Deadline.Now));
    }

    [Fact]
    public void A_handle_that_does_not_have_an_end_does_not_close_it()
    {
        using SharedPipe pipe = Create();
        pipe.Second.PassOn();
        using PipeEnd arrived = PipeEnd.Open("p", 1, _folder.Directory);
        Assert.True(arrived.Send([1], default, Deadline.Now));
        pipe.Second.Dispose();
        SharedPipe.Open("p", _folder.Directory).Dispose();
        Assert.True(arrived.Send([2], default, Deadline.Now));
        Assert.True(pipe.First.Receive(_message, Deadline.Now) && pipe.First.Receive(_message, Deadline.Now));
    }

    [Fact]
    public void Who_waits_learns_that_a_process_let_go_of_an_end_that_nobody_took()
    {
        SharedPipe pipe = Create();
        using var reader = new Peer(_folder, "pipe", "receive", "p", 0);
        pipe.Second.PassOn();
        Assert.True(SpinWait.SpinUntil(() => pipe.First.OwnerProcessId == reader.Id, TestFolder.Long));
        pipe.Dispose();
        Assert.Equal(0, reader.EndWithCode());
    }

    [Fact]
    public void An_end_that_was_passed_on_to_nobody_can_be_closed()
    {
        using SharedPipe pipe = Create();
        pipe.Second.PassOn();
        pipe.Second.Close();
        Assert.False(pipe.First.IsClosed);
        pipe.Second.CloseUntaken();
        Assert.Equal(IpcErrorKind.Closed, KindOf(() => pipe.First.Receive(_message, Deadline.Never)));
    }

    [Fact]
    public void A_disposed_end_ends_the_pipe_and_a_forgotten_pipe_does_not_take_its_ends_along()
    {
        (PipeEnd reader, PipeEnd passedOn) = Forgotten();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var writer = new Peer(_folder, "pipe", "send", "p", 1);
        Assert.True(reader.Receive(_message, Deadline.After(TestFolder.Long)));
        reader.Dispose();
        Assert.NotEqual(0, writer.EndWithCode());
        passedOn.Dispose();

        (PipeEnd, PipeEnd) Forgotten()
        {
            SharedPipe pipe = Create();
            pipe.Second.PassOn();
            return (pipe.First, pipe.Second);
        }
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void Kills_at_random_lose_nothing_that_was_sent_and_leave_nobody_waiting()
    {
        var random = new Random(20261124);
        for (int round = 0; round < 40; round++)
        {
            using SharedPipe pipe = Create();
            using var writer = new Peer(_folder, "pipe", "send", "p", 1);
            Task killing = Task.Run(() =>
            {
                writer.WaitForOutput();
                Thread.Sleep(random.Next(10));
                writer.Kill();
            });
            int expected = 0;
            while (KindOf(() => ReceiveInTime(pipe.First)) is null)
            {
                Assert.Equal(expected++, BinaryPrimitives.ReadInt32LittleEndian(_message.Body.Span[4..]));
            }

            killing.Wait();
        }

        Assert.DoesNotContain(_folder.Files, f => f.StartsWith("psipc.pipe", StringComparison.Ordinal));
    }

    [Fact]
    public void A_removed_pipe_ends_for_both_sides_and_leaves_no_file()
    {
        using SharedPipe pipe = Create(duplex: true);
        using var peer = new Peer(_folder, "pipe", "echo", "p", 1);
        peer.WaitForOutput();
        pipe.Remove();
        Assert.Equal(0, peer.EndWithCode());
        Assert.Equal(IpcErrorKind.Closed, KindOf(() => pipe.First.Receive(_message, Deadline.Never)));
        Assert.Equal(IpcErrorKind.NotFound, KindOf(() => SharedPipe.Open("p", _folder.Directory) is not null));
    }

    private static void End(Peer peer, string how)
    {
        if (how == "kill")
        {
            peer.Kill();
        }
        else
        {
            peer.WriteLine();
        }
    }

    private bool ReceiveInTime(PipeEnd end)
    {
        Assert.True(end.Receive(_message, Deadline.After(TestFolder.Long)), "the reader hangs");
        return true;
    }

    private static IpcErrorKind? KindOf(Func<bool> work)
    {
        try
        {
            work();
            return null;
        }
        catch (IpcException e)
        {
            return e.Kind;
        }
    }

    private SharedPipe Create(bool duplex = false) => SharedPipe.Create("p", duplex, capacity: 4096, directory: _folder.Directory);
}
