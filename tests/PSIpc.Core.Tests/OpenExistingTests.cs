using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Memory;
using PSIpc.Core.Synchronization;

namespace PSIpc.Core.Tests;

/// <summary>Objects that are opened where they exist and made where they do not, by many processes at once.</summary>
public sealed class OpenExistingTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("queue")]
    [InlineData("memory")]
    [InlineData("lock")]
    public void Processes_that_start_at_the_same_time_all_get_the_same_object(string kind)
    {
        const int Starters = 5;
        const int Rounds = 40;
        using var barrier = SharedBarrier.Create(Starters, "start", directory: _folder.Directory);
        Peer[] peers = [.. Enumerable.Range(0, Starters).Select(_ => new Peer(_folder, "open-together", kind, "start", Rounds))];
        try
        {
            Array.ForEach(peers, p => p.WaitForOutput(16 * Rounds));
            Array.ForEach(peers, p => p.WriteLine());
            string[] identities = [.. peers.Select(p => Convert.ToHexString(p.End()))];
            Assert.Equal(16 * Rounds * 2, identities[0].Length);
            Assert.Single(identities.Distinct());
        }
        finally
        {
            Array.ForEach(peers, p => p.Dispose());
        }
    }

    [Trait("Tier", "Long")]
    [Theory]
    [InlineData("queue")]
    [InlineData("memory")]
    [InlineData("lock")]
    public void A_process_killed_while_it_makes_one_hinders_no_other(string kind)
    {
        using var survivor = new Peer(_folder, "open-churn", kind);
        var random = new Random(18);
        for (int i = 0; i < 12; i++)
        {
            using var victim = new Peer(_folder, "open-churn", kind);
            victim.WaitForOutput(random.Next(1, 40));
            victim.Kill();
            victim.End();
        }

        long before = survivor.Written;
        Assert.True(SpinWait.SpinUntil(() => survivor.Written > before + 10, TestFolder.Long), "the survivor hangs");
        survivor.WriteLine();
        survivor.EndWell();
        _ = _folder.Directory.List();
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void A_stopped_process_that_has_one_does_not_keep_others_from_opening_it()
    {
        using SharedQueue queue = SharedQueue.Create("q", 4096, directory: _folder.Directory);
        using var other = new Peer(_folder, "attach", "q");
        other.WaitForOutput();
        other.Stop();
        using SharedQueue again = SharedQueue.Create("q", 4096, directory: _folder.Directory, openExisting: true);
        Assert.Equal(queue.Id, again.Id);
    }

    [Fact]
    public void What_only_killed_processes_had_is_made_anew()
    {
        Guid old;
        using (SharedQueue queue = SharedQueue.Create("q", 4096, directory: _folder.Directory))
        {
            old = queue.Id;
            using var other = new Peer(_folder, "attach", "q");
            other.WaitForOutput();
            queue.Dispose();
            other.Kill();
            other.End();
        }

        using SharedQueue fresh = SharedQueue.Create("q", 4096, directory: _folder.Directory, openExisting: true);
        Assert.NotEqual(old, fresh.Id);
    }

    [Fact]
    public void The_memory_of_another_program_is_no_array()
    {
        string foreign = Path.Combine(_folder.Directory.FullPath, "python");
        File.WriteAllBytes(foreign, new byte[100_000]);
        var layout = new BlockLayout(ElementType.Double, 8, [4]);
        foreach (bool openExisting in new[] { false, true })
        {
            IpcException error = Assert.Throws<IpcException>(() => SharedBlock.Create(ObjectKind.Array, layout, "python", directory: _folder.Directory, openExisting: openExisting));
            Assert.Equal(IpcErrorKind.AlreadyExists, error.Kind);
            Assert.Contains("another program's", error.Message, StringComparison.Ordinal);
        }

        Assert.True(File.Exists(foreign));
    }

    [Fact]
    public void The_name_of_another_users_object_is_said_to_be_theirs()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can give a file away");
        foreach (string file in new[] { "psipc.queue.q", "psipc.array.a", "b" })
        {
            string path = Path.Combine(_folder.Directory.FullPath, file);
            File.WriteAllBytes(path, new byte[100_000]);
            Process.Start("chown", ["12345", path]).WaitForExit();
        }

        var layout = new BlockLayout(ElementType.Double, 8, [4]);
        Action[] makes =
        [
            () => SharedQueue.Create("q", directory: _folder.Directory),
            () => SharedBlock.Create(ObjectKind.Array, layout, "a", directory: _folder.Directory),
            () => SharedBlock.Create(ObjectKind.Array, layout, "b", directory: _folder.Directory),
        ];
        Assert.All(makes, make =>
        {
            IpcException error = Assert.Throws<IpcException>(make);
            Assert.Equal(IpcErrorKind.AlreadyExists, error.Kind);
            Assert.Contains("belongs to another user", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("Get-", error.Message, StringComparison.Ordinal);
        });
        IpcException opened = Assert.Throws<IpcException>(() => SharedQueue.Create("q", directory: _folder.Directory, openExisting: true));
        Assert.Equal(IpcErrorKind.PermissionDenied, opened.Kind);
    }
}
