using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

public sealed class SegmentTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private string QueueFile => Path.Combine(_folder.Directory.FullPath, "psipc.queue.q");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_foreign_file_under_an_objects_name_is_told_and_left_alone()
    {
        File.WriteAllText(QueueFile, new string('x', 100_000));
        Assert.Equal(IpcErrorKind.CorruptData, OpenError().Kind);
        Assert.Equal(IpcErrorKind.AlreadyExists, Assert.Throws<IpcException>(() => Create()).Kind);
        Assert.Empty(_folder.Directory.List());
        Assert.True(File.Exists(QueueFile));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(20_000)]
    public void A_truncated_file_is_told(int length)
    {
        CopyOfQueueFile(bytes => bytes[..length]);
        Assert.Equal(IpcErrorKind.CorruptData, OpenError().Kind);
    }

    [Fact]
    public void Another_layout_version_is_told()
    {
        CopyOfQueueFile(bytes =>
        {
            bytes[8] = 2;
            return bytes;
        });
        Assert.Equal(IpcErrorKind.VersionMismatch, OpenError().Kind);
    }

    [Fact]
    public void A_file_of_another_user_is_told()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can give a file away");
        Create().Dispose();
        File.WriteAllBytes(QueueFile, new byte[100_000]);
        Process.Start("chown", ["12345", QueueFile]).WaitForExit();
        Assert.Equal(IpcErrorKind.PermissionDenied, OpenError().Kind);
    }

    [Fact]
    public void A_full_folder_is_told_and_nothing_is_left_of_the_attempt()
    {
        string mount = Path.Combine(_folder.Directory.FullPath, "small");
        Directory.CreateDirectory(mount);
        using Process mounting = Process.Start("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", mount]);
        mounting.WaitForExit();
        Assert.SkipUnless(mounting.ExitCode == 0, "no file system can be mounted here");
        try
        {
            IpcDirectory small = IpcDirectory.At(mount);
            using SharedQueue queue = SharedQueue.Create("q", directory: small);
            Assert.Equal(IpcErrorKind.OutOfMemory, Assert.Throws<IpcException>(() => SharedQueue.Create("r", 1 << 24, directory: small)).Kind);
            Assert.Equal(IpcErrorKind.OutOfMemory, Assert.Throws<IpcException>(() => queue.Send(new byte[1 << 23], default, Deadline.Now)).Kind);
            Assert.Equal(2, Directory.GetFiles(mount).Length);
            Assert.True(queue.Send(new byte[1 << 20], default, Deadline.Now));
        }
        finally
        {
            Process.Start("umount", ["-l", mount]).WaitForExit();
        }
    }

    [Fact]
    public void Random_bytes_in_the_control_words_and_records_give_an_error_and_no_crash()
    {
        byte[] good = CopyOfQueueFile(bytes => bytes);
        var random = new Random(3);
        for (int round = 0; round < 600; round++)
        {
            byte[] bad = (byte[])good.Clone();
            int at = SegmentHeader.BodyOffset + random.Next((RingMemory.ControlSize + 128) / 8) * 8;
            random.NextBytes(bad.AsSpan(at, 8));
            File.WriteAllBytes(QueueFile, bad);
            try
            {
                using SharedQueue queue = SharedQueue.Open("q", _folder.Directory);
                queue.Send("x"u8, default, Deadline.Now);
                queue.Receive(new ReceivedMessage(), Deadline.Now);
                _ = queue.Count + queue.Bytes;
            }
            catch (IpcException e)
            {
                Assert.True(e.Kind is IpcErrorKind.CorruptData or IpcErrorKind.Closed, e.ToString());
            }

            File.Delete(QueueFile);
        }
    }

    [Fact]
    public void A_killed_process_leaves_nothing_for_long()
    {
        using SharedQueue queue = SharedQueue.Create("q", directory: _folder.Directory);
        using var other = new Peer(_folder, "attach", "q");
        other.WaitForOutput();
        Assert.Equal(new[] { Environment.ProcessId, other.Id }.Order(), Assert.Single(_folder.Directory.List()).AttachedProcesses.Order());
        other.Kill();
        other.End();
        Assert.Equal([Environment.ProcessId], Assert.Single(_folder.Directory.List()).AttachedProcesses);
        Assert.Single(_folder.Files);
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void A_thousand_live_at_once_and_ten_thousand_come_and_go()
    {
        SharedQueue[] live = Enumerable.Range(0, 1000).Select(i => SharedQueue.Create($"q{i}", 4096, directory: _folder.Directory)).ToArray();
        for (int i = 0; i < live.Length; i++)
        {
            using SharedQueue again = SharedQueue.Open($"q{i}", _folder.Directory);
            Assert.True(again.Send("x"u8, default, Deadline.Now));
            Assert.Equal(1, live[i].Count);
        }

        Array.ForEach(live, q => q.Dispose());
        Assert.Empty(_folder.Files);
        (int handles, int files) = (Handles().Length, OwnHandles());
        for (int i = 0; i < 10_000; i++)
        {
            SharedQueue.Create("q", 4096, directory: _folder.Directory).Dispose();
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Empty(_folder.Files);
        Assert.Equal(files, OwnHandles());
        Assert.True(Handles().Length - handles < 1000, "handles stay open"); // Other tests open and close some meanwhile.
        Assert.InRange(File.ReadLines("/proc/self/maps").Count(l => l.Contains(_folder.Directory.FullPath, StringComparison.Ordinal)), 0, 0);
    }

    [Fact]
    public void Opening_and_leaving_at_the_same_time_never_strands_anybody()
    {
        // Whoever holds the queue must be found by whoever opens it by name.
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        Task[] tasks = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                SharedQueue mine;
                try
                {
                    mine = SharedQueue.TryOpen("q", _folder.Directory) ?? SharedQueue.Create("q", 4096, directory: _folder.Directory);
                }
                catch (IpcException e) when (e.Kind == IpcErrorKind.AlreadyExists)
                {
                    continue;
                }

                using (mine)
                using (SharedQueue? found = SharedQueue.TryOpen("q", _folder.Directory))
                {
                    Assert.Equal(mine.Id, found?.Id);
                }
            }
        })).ToArray();
        Assert.True(Task.WaitAll(tasks, TestFolder.Long));
        Assert.Empty(_folder.Files);
    }

    private static string[] Handles() => Directory.GetFiles("/proc/self/fd");

    private int OwnHandles() => Handles().Count(h => new FileInfo(h).LinkTarget?.Contains(_folder.Directory.FullPath, StringComparison.Ordinal) == true);

    private SharedQueue Create() => SharedQueue.Create("q", 1 << 16, directory: _folder.Directory);

    private IpcException OpenError() => Assert.Throws<IpcException>(() => SharedQueue.Open("q", _folder.Directory));

    /// <summary>Puts a changed copy of a queue's file in its place, with nobody attached.</summary>
    private byte[] CopyOfQueueFile(Func<byte[], byte[]> change)
    {
        byte[] bytes;
        using (SharedQueue queue = Create())
        {
            queue.Send("hello"u8, default, Deadline.Now);
            bytes = File.ReadAllBytes(QueueFile);
        }

        File.WriteAllBytes(QueueFile, change((byte[])bytes.Clone()));
        return bytes;
    }
}
