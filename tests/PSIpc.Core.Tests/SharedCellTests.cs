using PSIpc.Core.Memory;

namespace PSIpc.Core.Tests;

public sealed class SharedCellTests : IDisposable
{
    private const int Kills = 100;

    private static readonly BlockLayout Word = new(ElementType.Int64, 8, [1]);
    private static readonly BlockLayout Text = new(ElementType.String, 2000, [1]);

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Four_processes_add_and_none_is_lost()
    {
        using SharedCell cell = SharedCell.Create(Word, [], "v", directory: _folder.Directory);
        Peer[] peers = [.. Enumerable.Range(0, 4).Select(_ => new Peer(_folder, "cell-add", "v", 100_000))];
        foreach (Peer peer in peers)
        {
            peer.EndWell();
            peer.Dispose();
        }

        Assert.Equal(400_000, cell.Word);
    }

    [Fact]
    public void A_value_is_whole_whenever_its_writer_is_killed()
    {
        using SharedCell cell = SharedCell.Create(Text, [], "v", directory: _folder.Directory);
        var random = new Random(1);
        for (int i = 0; i < Kills; i++)
        {
            using var writer = new Peer(_folder, "cell-churn", "v");
            writer.WaitForOutput();
            int reads = random.Next(2000);
            for (int j = 0; j < reads; j++)
            {
                AssertWhole(cell.Read(out _));
            }

            writer.Kill();
            writer.End();
            byte[] left = cell.Read(out long version);
            AssertWhole(left);
            Assert.True(cell.TryReplace(left, version)); // its lock is taken over
            Assert.False(cell.TryReplace(left, version));
        }
    }

    [Fact]
    public void A_reader_never_sees_a_word_half_written()
    {
        using SharedCell cell = SharedCell.Create(Word, BitConverter.GetBytes(-1L), "v", directory: _folder.Directory);
        using SharedCell other = SharedCell.Open("v", _folder.Directory);
        bool done = false;
        Task writer = Task.Run(() =>
        {
            for (int i = 0; i < 2_000_000; i++)
            {
                long now = cell.Word;
                cell.TryReplaceWord(~now, now);
            }

            Volatile.Write(ref done, true);
        });
        while (!Volatile.Read(ref done))
        {
            Assert.True(other.Word is 0 or -1);
        }

        Assert.True(writer.Wait(TestFolder.Long));
    }

    [Fact]
    public void It_is_gone_with_its_last_process_and_closed_when_disposed()
    {
        SharedCell cell = SharedCell.Create(Word, [], "v", directory: _folder.Directory);
        cell.Dispose();
        Assert.Empty(_folder.Files);
        Assert.Equal(IpcErrorKind.Closed, Assert.Throws<IpcException>(() => cell.Word).Kind);
        Assert.Equal(IpcErrorKind.NotFound, Assert.Throws<IpcException>(() => SharedCell.Open("v", _folder.Directory)).Kind);
    }

    private static void AssertWhole(byte[] value)
    {
        Assert.True(value.Length == 0 || value.Length == value[0] * 10, "the length is of another value");
        Assert.False(value.AsSpan().ContainsAnyExcept(value.Length == 0 ? (byte)0 : value[0]), "the value is half of one and half of another");
    }
}
