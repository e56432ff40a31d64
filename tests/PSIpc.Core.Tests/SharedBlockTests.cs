using PSIpc.Core.Memory;
using PSIpc.Core.Segments;

namespace PSIpc.Core.Tests;

public sealed class SharedBlockTests : IDisposable
{
    private static readonly BlockLayout Bytes = new(ElementType.Byte, 1, [1000]);

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string PlainName => Path.Combine(_folder.Directory.FullPath, "a");

    [Fact]
    public void Its_bytes_are_at_DataOffset_of_a_file_with_its_plain_name()
    {
        using SharedBlock block = Create();
        block.AsSpan(999, 1)[0] = 42;
        Assert.Equal(["a", "psipc.array.a"], _folder.Files.Order(StringComparer.Ordinal));
        Assert.Equal(42, File.ReadAllBytes(PlainName)[block.DataOffset + 999]);
        block.Dispose();
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void A_killed_maker_leaves_neither_name()
    {
        using (var maker = new Peer(_folder, "block-hold", "a"))
        {
            maker.WaitForOutput();
            using (SharedBlock block = SharedBlock.Open(ObjectKind.Array, "a", directory: _folder.Directory))
            {
                maker.Kill();
                maker.End();
                Assert.Equal(7, block.AsReadOnlySpan(0, 1)[0]);
            }
        }

        using SharedBlock another = SharedBlock.Create(ObjectKind.Memory, Bytes, "b", directory: _folder.Directory); // sweeps
        Assert.Equal(["b", "psipc.memory.b"], _folder.Files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_plain_name_that_another_program_took_away_is_made_again_and_nothing_is_lost()
    {
        using (SharedBlock block = SharedBlock.Create(ObjectKind.Array, Bytes, "a", persistent: true, _folder.Directory))
        {
            block.AsSpan(0, 1)[0] = 3;
            File.Delete(PlainName);
        }

        using SharedBlock opened = SharedBlock.Open(ObjectKind.Array, "a", directory: _folder.Directory);
        Assert.True(File.Exists(PlainName));
        Assert.Equal(3, opened.AsReadOnlySpan(0, 1)[0]);
        opened.Remove();
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void A_name_that_another_programs_memory_has_is_taken()
    {
        File.WriteAllBytes(PlainName, [1, 2, 3]);
        Assert.Equal(IpcErrorKind.AlreadyExists, Assert.Throws<IpcException>(Create).Kind);
        Assert.Equal(["a"], _folder.Files);
        Assert.Equal(IpcErrorKind.InvalidName, Assert.Throws<IpcException>(() => SharedBlock.Create(ObjectKind.Array, Bytes, "psipc.a", directory: _folder.Directory)).Kind);
    }

    [Fact]
    public void Memory_of_another_program_is_read_and_written()
    {
        File.WriteAllBytes(PlainName, [1, 2, 3, 4]);
        using ForeignBlock block = ForeignBlock.Open("a", 1, directory: _folder.Directory);
        Assert.Equal(3, block.Size);
        block.AsSpan(0, 1)[0] = 9;
        Assert.Equal([1, 9, 3, 4], File.ReadAllBytes(PlainName));
        Assert.Equal(IpcErrorKind.NotSupported, Assert.Throws<IpcException>(() => block.Lock).Kind);
        Assert.Equal(IpcErrorKind.InvalidArgument, Assert.Throws<IpcException>(() => ForeignBlock.Open("a", 4, directory: _folder.Directory)).Kind);
        Assert.Equal(IpcErrorKind.NotFound, Assert.Throws<IpcException>(() => ForeignBlock.Open("x", directory: _folder.Directory)).Kind);
        block.Remove();
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void Read_only_memory_is_mapped_so_and_every_write_is_an_error()
    {
        using SharedBlock block = Create();
        using SharedBlock reader = SharedBlock.Open(ObjectKind.Array, "a", readOnly: true, _folder.Directory);
        block.AsSpan(5, 1)[0] = 8;
        Assert.Equal(8, reader.AsReadOnlySpan(5, 1)[0]);
        Assert.Equal(IpcErrorKind.PermissionDenied, Assert.Throws<IpcException>(() => reader.AsSpan(0, 1)[0]).Kind);
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains(File.ReadLines("/proc/self/maps"), l => l.Contains(" r--s ", StringComparison.Ordinal) && l.Contains(_folder.Directory.FullPath, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Places_beyond_the_end_are_an_error()
    {
        using SharedBlock block = Create();
        foreach ((long offset, int count) in new (long, int)[] { (1000, 1), (-1, 1), (0, 1001), (long.MaxValue, 1), (0, -1) })
        {
            Assert.Equal(IpcErrorKind.InvalidArgument, Assert.Throws<IpcException>(() => block.AsSpan(offset, count).Length).Kind);
        }

        block.Dispose();
        Assert.Equal(IpcErrorKind.Closed, Assert.Throws<IpcException>(() => block.AsReadOnlySpan(0, 1)[0]).Kind);
    }

    [Fact]
    public void A_header_that_lies_about_the_elements_is_refused()
    {
        using SharedBlock block = SharedBlock.Create(ObjectKind.Array, Bytes, "a", persistent: true, _folder.Directory);
        const int Layout = SegmentHeader.BodyOffset + 256;
        block.Dispose();
        string path = Path.Combine(_folder.Directory.FullPath, "psipc.array.a");
        byte[] good = File.ReadAllBytes(path);
        var random = new Random(3);
        for (int i = 0; i < 300; i++)
        {
            byte[] bad = [.. good];
            int at = Layout + random.Next(80);
            bad[at] ^= (byte)(1 << random.Next(8));
            using (FileStream file = new(path, FileMode.Open))
            {
                file.Write(bad);
            }

            try
            {
                using SharedBlock opened = SharedBlock.Open(ObjectKind.Array, "a", directory: _folder.Directory);
                Assert.True(opened.Size <= 1000);
            }
            catch (IpcException e)
            {
                Assert.Equal(IpcErrorKind.CorruptData, e.Kind);
            }
        }
    }

    [Fact]
    public void More_than_two_gigabytes_and_two_to_the_31_elements_work()
    {
        const long Length = (1L << 31) + 16;
        long room = new DriveInfo(_folder.Directory.FullPath).AvailableFreeSpace;
        Assert.SkipUnless(room > Length + (1L << 30), $"the folder for shared memory has {room:N0} bytes free");
        using SharedBlock block = SharedBlock.Create(ObjectKind.Array, new BlockLayout(ElementType.Byte, 1, [Length]), "a", directory: _folder.Directory);
        block.AsSpan(Length - 1, 1)[0] = 5;
        using SharedBlock reader = SharedBlock.Open(ObjectKind.Array, "a", readOnly: true, _folder.Directory);
        Assert.Equal(5, reader.AsReadOnlySpan(Length - 1, 1)[0]);
        Assert.Equal(Length, reader.Layout.Length);
    }

    [Fact]
    public void Its_lock_is_taken_over_from_a_handle_of_a_dead_process_and_shared_by_all()
    {
        using SharedBlock block = Create();
        using SharedBlock other = SharedBlock.Open(ObjectKind.Array, "a", directory: _folder.Directory);
        Assert.True(block.Lock.Enter(Waiting.Deadline.Now));
        Assert.True(block.Lock.Enter(Waiting.Deadline.Now));
        Assert.False(other.Lock.Enter(Waiting.Deadline.Now));
        block.Dispose();
        Assert.True(other.Lock.Enter(Waiting.Deadline.Now));
        Assert.Equal(IpcErrorKind.NotSupported, Assert.Throws<IpcException>(other.Lock.Remove).Kind);
    }

    private SharedBlock Create() => SharedBlock.Create(ObjectKind.Array, Bytes, "a", directory: _folder.Directory);
}
