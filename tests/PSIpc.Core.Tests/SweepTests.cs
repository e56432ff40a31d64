using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Names, leases and slots, when several processes come, go and are killed.</summary>
public sealed class SweepTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly Random _random = new(7);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public void Processes_that_open_make_leave_and_remove_the_same_names_never_have_one_that_nobody_finds(int removePercent)
    {
        Peer[] peers = [.. Enumerable.Range(0, 4).Select(_ => new Peer(_folder, "race", 3, 2500, removePercent))];
        Assert.All(peers, p => p.EndWell());
        _folder.Directory.List();
        Assert.Empty(_folder.Files);
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void Nor_when_some_of_them_are_killed()
    {
        using var lasting = new Peer(_folder, "race", 3, 5000, 10);
        for (int i = 0; i < 25; i++)
        {
            using var killed = new Peer(_folder, "race", 3, 60_000, 10);
            killed.WaitForOutput();
            Thread.Sleep(_random.Next(60));
            killed.Kill();
        }

        lasting.EndWell();
        _folder.Directory.List();
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void The_next_object_made_sweeps_what_a_killed_process_left()
    {
        SharedQueue.Create("q", persistent: true, directory: _folder.Directory).Dispose();
        using (SharedQueue queue = SharedQueue.Open("q", _folder.Directory))
        {
            using var killed = new Peer(_folder, "keep", "left", 3);
            killed.WaitForOutput();
            Assert.Contains("psipc.queue.left", _folder.Files);
            Assert.Contains(_folder.Files, f => f.StartsWith("psipc.block.", StringComparison.Ordinal));
            Assert.Contains(_folder.Files, f => f.StartsWith("psipc.new.", StringComparison.Ordinal));
            killed.Kill();
            killed.End();
            using SharedQueue next = SharedQueue.Create("next", directory: _folder.Directory);
            Assert.Equal(["psipc.queue.next", "psipc.queue.q"], _folder.Files.Order());
        }
    }

    [Fact]
    public void A_sweep_leaves_the_blocks_of_objects_that_it_cannot_read()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can give a file away");
        Guid other = Guid.NewGuid();
        string block = _folder.Directory.BlockPath(other, 0);
        File.WriteAllText(block, "of another user");
        Process.Start("chown", ["12345", block]).WaitForExit();
        _folder.Directory.List();
        Assert.True(File.Exists(block));

        // Another layout version's object is not opened, but it lives.
        using SharedQueue queue = SharedQueue.Create("q", 4096, directory: _folder.Directory);
        queue.Send(new byte[10_000], default, Deadline.Now);
        using (FileStream file = OpenFile("psipc.queue.q"))
        {
            file.Position = 8;
            file.WriteByte(2);
        }

        _folder.Directory.List();
        Assert.Contains(_folder.Files, f => f.StartsWith($"psipc.block.{queue.Id:N}", StringComparison.Ordinal));
        using (FileStream file = OpenFile("psipc.queue.q"))
        {
            file.Position = 8;
            file.WriteByte(1);
        }

        Assert.True(queue.Receive(new ReceivedMessage(), Deadline.Now));
    }

    [Fact]
    public void An_object_that_could_not_be_left_in_order_is_swept_once_its_process_is_gone()
    {
        using (SharedQueue queue = SharedQueue.Create("q", 4096, directory: _folder.Directory))
        {
            using var leaving = new Peer(_folder, "leave", "q");
            leaving.WaitForOutput();
            queue.Dispose();

            // Holds the registration lock, as a process would that was stopped in the middle of it.
            string path = Path.Combine(_folder.Directory.FullPath, "psipc.queue.q");
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            leaving.WriteLine();
            leaving.EndWell();
        }

        using SharedQueue next = SharedQueue.Create("next", 4096, directory: _folder.Directory);
        Assert.Equal(["psipc.queue.next"], _folder.Files);
    }

    [Fact]
    public void Slots_are_used_again_under_another_id_and_the_257th_process_is_refused()
    {
        using SharedQueue queue = SharedQueue.Create("q", 4096, directory: _folder.Directory);
        Segment segment = Segment.TryOpen(_folder.Directory, ObjectKind.Queue, "q")!;
        Guid dead = Guid.NewGuid();
        Guid alive = _folder.Directory.LeaseId;
        unsafe
        {
            byte* slots = segment.Base + SegmentHeader.ParticipantsOffset;
            var others = new ParticipantTable(slots, _folder.Directory.FullPath, dead);
            uint first = others.Claim("q");
            Assert.False(segment.Participants.IsAlive(first));
            others.Release(first);
            uint second = others.Claim("q");
            Assert.NotEqual(first, second);
            Assert.Equal(first & 511, second & 511);
            others.Release(first);
            Assert.Contains(Environment.ProcessId, others.LivingProcesses());

            // Slots of dead processes make room; those of the living do not.
            var living = new ParticipantTable(slots, _folder.Directory.FullPath, alive);
            for (int i = 0; i < 255; i++)
            {
                Assert.True(living.IsAlive(living.Claim("q")));
            }

            Assert.False(living.IsAlive(second));
            Assert.Equal(IpcErrorKind.OutOfMemory, Assert.Throws<IpcException>(() => living.Claim("q")).Kind);
        }

        segment.Release();
    }

    private FileStream OpenFile(string name) =>
        new(Path.Combine(_folder.Directory.FullPath, name), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}
