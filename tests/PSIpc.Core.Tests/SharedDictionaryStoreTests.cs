using PSIpc.Core.Memory;

namespace PSIpc.Core.Tests;

public sealed class SharedDictionaryStoreTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_does_what_a_dictionary_does_through_two_handles()
    {
        using SharedDictionaryStore first = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        using SharedDictionaryStore second = SharedDictionaryStore.Open("d", _folder.Directory);
        var model = new Dictionary<string, byte[]>();
        var random = new Random(1);
        for (int i = 0; i < 60_000; i++)
        {
            SharedDictionaryStore one = random.Next(2) == 0 ? first : second;
            string key = $"k{random.Next(3000)}";
            switch (random.Next(5))
            {
                case 0:
                    Assert.Equal(model.Remove(key), one.Delete(key));
                    break;
                case 1:
                    Assert.Equal(model.TryGetValue(key, out byte[]? expected), one.TryGet(key, out DictionaryEntryBytes entry));
                    Assert.Equal(expected, entry.Value);
                    break;
                default:
                    byte[] value = new byte[random.Next(100) == 0 ? random.Next(100_000) : random.Next(300)];
                    random.NextBytes(value);
                    Assert.True(one.Set(key, value, 0));
                    model[key] = value;
                    break;
            }
        }

        Assert.Equal(model.Count, second.Count);
        Assert.Equal(model.Keys.Order(StringComparer.Ordinal), second.Keys().Order(StringComparer.Ordinal));
        Assert.All(model, m => Assert.True(first.TryGet(m.Key, out DictionaryEntryBytes entry) && entry.Value.AsSpan().SequenceEqual(m.Value)));
    }

    [Fact]
    public void Values_that_are_replaced_again_and_again_do_not_make_it_grow()
    {
        using SharedDictionaryStore dictionary = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        for (int i = 0; i < 100_000; i++)
        {
            dictionary.Set($"k{i % 10}", new byte[100 + (i % 50)], 0);
        }

        Assert.True(new FileInfo(Path.Combine(_folder.Directory.FullPath, "psipc.dictionary.d")).Length < 200_000);
    }

    [Fact]
    public void A_set_by_version_succeeds_only_while_the_value_is_that_one()
    {
        using SharedDictionaryStore dictionary = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        Assert.True(dictionary.Set("k", new byte[] { 1 }, 7, expected: 0));
        Assert.False(dictionary.Set("k", new byte[] { 2 }, 7, expected: 0));
        Assert.True(dictionary.TryGet("k", out DictionaryEntryBytes entry));
        Assert.Equal((7, 1), (entry.Format, entry.Value[0]));
        Assert.True(dictionary.Set("k", new byte[] { 3 }, 7, entry.Version));
        Assert.False(dictionary.Set("k", new byte[] { 4 }, 7, entry.Version));
    }

    [Fact]
    public void Two_processes_fill_it_and_a_third_that_had_it_open_sees_all()
    {
        using SharedDictionaryStore dictionary = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        Peer[] peers = [.. "ab".Select(p => new Peer(_folder, "dictionary-fill", "d", p, 100_000))];
        foreach (Peer peer in peers)
        {
            peer.EndWell();
            peer.Dispose();
        }

        Assert.Equal(200_000, dictionary.Count);
        for (int i = 0; i < 100_000; i += 97)
        {
            Assert.True(dictionary.TryGet($"b{i}", out DictionaryEntryBytes entry));
            Assert.Equal(i, BitConverter.ToInt32(entry.Value));
        }
    }

    [Fact]
    public void Millions_of_keys_are_found()
    {
        const int Keys = 2_000_000;
        using SharedDictionaryStore dictionary = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        for (int i = 0; i < Keys; i++)
        {
            dictionary.Set($"key {i}", BitConverter.GetBytes(i), 0);
        }

        Assert.Equal(Keys, dictionary.Count);
        for (int i = 0; i < Keys; i += 1009)
        {
            Assert.True(dictionary.TryGet($"key {i}", out DictionaryEntryBytes entry));
            Assert.Equal(i, BitConverter.ToInt32(entry.Value));
        }

        Assert.False(dictionary.Contains($"key {Keys}"));
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void A_writer_killed_at_any_moment_leaves_all_that_it_finished_and_nothing_half()
    {
        using SharedDictionaryStore dictionary = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        for (int i = 0; i < 100; i++)
        {
            using var writer = new Peer(_folder, "dictionary-churn", "d", i);
            writer.WaitForOutput(4 + (i * 8));
            writer.Kill();
            int[] finished = writer.EndWithNumbers();

            // What it reported is there: the number that it stored last, or the one after, which it could not report.
            Assert.True(dictionary.TryGet($"done{i}", out DictionaryEntryBytes done));
            Assert.InRange(BitConverter.ToInt32(done.Value), finished[^1], finished[^1] + 1);
            string[] keys = dictionary.Keys();
            Assert.Equal(keys.Length, keys.Distinct(StringComparer.Ordinal).Count());
            Assert.Equal(keys.Length, dictionary.Count);
            foreach (string key in keys)
            {
                Assert.True(dictionary.TryGet(key, out DictionaryEntryBytes entry), "a key that is listed is not found");
                Assert.True(entry.Format == 1 || !entry.Value.AsSpan().ContainsAnyExcept((byte)(entry.Value.Length % 251)), "a value is half written");
            }
        }
    }

    [Fact]
    public void A_damaged_file_is_an_error_and_never_more()
    {
        using SharedDictionaryStore dictionary = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        for (int i = 0; i < 300; i++)
        {
            dictionary.Set($"k{i}", new byte[50], 0);
        }

        string path = Path.Combine(_folder.Directory.FullPath, "psipc.dictionary.d");
        byte[] good = File.ReadAllBytes(path);
        var random = new Random(5);
        for (int i = 0; i < 500; i++)
        {
            using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            {
                file.Write(good);
                for (int j = 0; j < 30; j++)
                {
                    // Anywhere but in the header, the table of processes and the lock.
                    file.Position = 12288 + 320 + random.Next(good.Length - 12288 - 320);
                    file.WriteByte((byte)random.Next(256));
                }
            }

            try
            {
                dictionary.Keys();
                dictionary.TryGet($"k{random.Next(300)}", out _);
                dictionary.Set($"k{random.Next(300)}", new byte[random.Next(200)], 0);
                dictionary.Delete($"k{random.Next(300)}");
            }
            catch (IpcException e)
            {
                Assert.Contains(e.Kind, new[] { IpcErrorKind.CorruptData, IpcErrorKind.OutOfMemory });
            }
        }
    }

    [Fact]
    public void A_list_of_free_blocks_that_names_one_too_small_is_an_error()
    {
        using SharedDictionaryStore dictionary = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        dictionary.Set("k", new byte[50], 0);
        string path = Path.Combine(_folder.Directory.FullPath, "psipc.dictionary.d");
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            // Every list names the first block, which is much smaller than what the highest lists are for.
            const int FreeLists = 12288 + 1024;
            for (int i = 0; i < 256; i++)
            {
                file.Position = FreeLists + (i * 8);
                file.Write(BitConverter.GetBytes(4096L));
            }
        }

        Assert.Equal(IpcErrorKind.CorruptData, Assert.Throws<IpcException>(() => dictionary.Set("other", new byte[30_000], 0)).Kind);
    }

    [Fact]
    [Trait("Tier", "Long")]
    public void Another_process_that_writes_anything_at_any_moment_ends_nothing()
    {
        using SharedDictionaryStore dictionary = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        string path = Path.Combine(_folder.Directory.FullPath, "psipc.dictionary.d");
        using var writing = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            var random = new Random(7);
            using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            while (!writing.IsCancellationRequested)
            {
                // Words, most of them plausible: places and sizes of blocks; but not the lock, on which the dictionary would wait.
                file.Position = 12288 + 320 + (random.Next((64 << 10) / 8) * 8);
                file.Write(BitConverter.GetBytes(random.Next(4) == 0 ? random.NextInt64() : random.Next(8192) * 16L));
            }
        });
        var user = new Random(8);
        for (int i = 0; i < 20_000; i++)
        {
            try
            {
                string key = $"k{user.Next(100)}";
                dictionary.Set(key, new byte[user.Next(400)], 0);
                dictionary.TryGet(key, out _);
                if (i % 16 == 0)
                {
                    dictionary.Delete(key);
                    dictionary.Keys();
                }
            }
            catch (IpcException e)
            {
                Assert.Contains(e.Kind, new[] { IpcErrorKind.CorruptData, IpcErrorKind.OutOfMemory });
            }
        }

        writing.Cancel();
        Assert.True(writer.Wait(TestFolder.Long));
    }
}
