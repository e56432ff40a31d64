using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class UmaskTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_large_message_of_a_process_that_denies_its_owner_everything_is_received()
    {
        using SharedQueue queue = SharedQueue.Create("q", capacity: 4096, directory: _folder.Directory);
        using Peer sender = Peer.WithUmask(_folder, "0777", "send", "q", 1, 1, 100_000);
        sender.EndWell();

        // The administrator opens them whatever their mode is.
        Assert.All(_folder.Files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder.Directory.FullPath, f))));
        var message = new ReceivedMessage();
        Assert.True(queue.Receive(message, Deadline.Now));
        Assert.Equal(100_000, message.Length);
    }
}
