using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Files in the shared folder that are not this user's, or no regular files, of every name that the engine looks for.</summary>
public sealed class ForeignFileTests : IDisposable
{
    private static readonly string[] Names =
    [
        .. Enum.GetValues<ObjectKind>().Select(kind => $"psipc.{kind.ToString().ToLowerInvariant()}.zz"),
        "psipc.lease.00000000000000000000000000000001",
        "psipc.new.00000000000000000000000000000001.1",
        "psipc.new.00000000000000000000000000000002.1",
        "psipc.block.00000000000000000000000000000001.0000000000000010",
        "psipc.lease.x",
        "psipc.new.x",
        "psipc.block.x",
    ];

    private readonly TestFolder _folder = new();

    private string Root => _folder.Directory.FullPath;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Those_of_another_user_stop_no_operation_and_no_sweep()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can give a file away");
        foreach (string name in Names)
        {
            File.WriteAllText(Path.Combine(Root, name), "");
        }

        Run("chown", "-R", "12345", Root);
        AssertWorks();
        Assert.All(Names, name => Assert.True(File.Exists(Path.Combine(Root, name))));
    }

    [Fact]
    public void Links_stop_no_operation_and_no_sweep()
    {
        foreach (string name in Names)
        {
            File.CreateSymbolicLink(Path.Combine(Root, name), Path.Combine(Root, name));
        }

        AssertWorks();
    }

    [Fact]
    public void Links_to_files_of_others_are_not_followed()
    {
        foreach (string name in Names)
        {
            File.CreateSymbolicLink(Path.Combine(Root, name), "/etc/hostname");
        }

        AssertWorks();
        Assert.True(File.Exists("/etc/hostname"));
    }

    [Fact]
    public void Pipes_and_folders_stop_no_operation_and_no_sweep()
    {
        foreach (string name in Names)
        {
            Run("mkfifo", Path.Combine(Root, name));
            Directory.CreateDirectory(Path.Combine(Root, name + "f"));
        }

        AssertWorks();
    }

    /// <summary>Objects are made, listed, opened and removed, and the lease of a dead process is swept.</summary>
    private void AssertWorks()
    {
        string dead = Lease.PathOf(Root, Guid.NewGuid());
        File.WriteAllText(dead, ""); // Nobody has it locked: its process is dead.
        using SharedQueue queue = SharedQueue.Create("own", directory: _folder.Directory);
        Assert.False(File.Exists(dead), "the dead lease is not swept");
        Assert.True(queue.Send(new byte[3 << 20], default, Deadline.Now));
        SharedObjectInfo own = Assert.Single(_folder.Directory.List());
        Assert.Equal("own", own.Name);
        using SharedQueue opened = SharedQueue.Open("own", _folder.Directory);
        Assert.Equal(1, opened.Count);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
