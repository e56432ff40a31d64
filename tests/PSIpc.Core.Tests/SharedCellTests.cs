using System.Diagnostics;
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

    [Trait("Tier", "Long")]
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
    public void A_reader_never_sees_8_bytes_half_written_by_another_process()
    {
        using SharedCell cell = SharedCell.Create(Word, [], "v", directory: _folder.Directory);
        using SharedBlock block = SharedBlock.Create(ObjectKind.Array, new BlockLayout(ElementType.Double, 8, [600]), "a", directory: _folder.Directory);
        using var first = new Peer(_folder, "cell-flip", "v");
        using var second = new Peer(_folder, "block-flip", "a");
        first.WaitForOutput();
        second.WaitForOutput();
        ReadOnlySpan<long> elements = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(block.AsReadOnlySpan(0, (int)block.Size));
        long zeros = 0;
        long others = 0;
        Stopwatch clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(2) || (Math.Min(zeros, others) < 100_000 && clock.Elapsed < TestFolder.Long))
        {
            Assert.True(cell.Word is 0 or -1);
            foreach (ref readonly long element in elements)
            {
                long word = Volatile.Read(in element);
                Assert.True(word is 0 or -1);
                zeros += word + 1;
                others -= word;
            }
        }

        Assert.True(Math.Min(zeros, others) > 0, "the elements did not change");
        GC.KeepAlive(block);
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
