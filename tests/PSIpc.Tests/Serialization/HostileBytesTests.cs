using System.Text;

namespace PSIpc.Tests;

/// <summary>Bytes that no serializer wrote are refused as corrupt, whatever they are: no other exception, no crash, no flood of memory.</summary>
public sealed class HostileBytesTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("MessagePack")]
    [InlineData("Json")]
    public void Every_beginning_of_a_message_is_refused(string name)
    {
        var serializer = new SerializerHandle(_session, name);
        byte[] whole = serializer.Write(_session.Run("@{ a = 1, 'x', [decimal]1; o = [pscustomobject]@{ p = 1.5 }; e = [DayOfWeek]::Friday }")[0]);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Equal("CorruptData", serializer.Refusal(whole[..length]));
        }
    }

    [Theory]
    [InlineData("93 01 02 03 c0", "a byte after the end")]
    [InlineData("c1", "the one format that does not exist")]
    [InlineData("dd ff ff ff ff", "an array of four thousand million elements")]
    [InlineData("df 7f ff ff ff", "a table of two thousand million entries")]
    [InlineData("c9 ff ff ff ff 11", "an extension of four thousand million bytes")]
    [InlineData("db ff ff ff ff", "a text of four thousand million bytes")]
    [InlineData("d4 7e 00", "an extension that nobody knows")]
    [InlineData("91 d4 7e 00", "a marker that nobody knows")]
    [InlineData("91 d5 20 00 00", "a shape that was not defined")]
    [InlineData("92 c7 03 20 00 00 02 c0", "an object marker with an unknown byte")]
    [InlineData("95 c7 00 20 90 91 a0 c0 01", "a property without a name")]
    [InlineData("95 c7 00 20 90 91 a8 70 73 6f 62 6a 65 63 74 c0 01", "a property with a name that PowerShell keeps")]
    [InlineData("81 c0 01", "a null key")]
    [InlineData("c7 03 11 05 01 02", "numbers that end in the middle of one")]
    [InlineData("d6 02 00 00 00 00", "a decimal of four bytes")]
    [InlineData("d8 02 ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff", "a decimal with impossible flags")]
    [InlineData("93 c7 00 29 c7 0d 11 05 03 00 00 00 00 00 c7 2f 00 00 00 00 90", "an empty array with a length beyond all memory")]
    [InlineData("c7 08 05 ff ff ff ff ff ff ff 7f 00", "bytes after a time span")]
    public void Impossible_structures_are_refused(string hex, string what)
    {
        var serializer = new SerializerHandle(_session, "MessagePack");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(serializer.Refusal(Convert.FromHexString(hex.Replace(" ", ""))) == "CorruptData", what);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Nesting_without_end_is_refused_by_every_decoder()
    {
        Assert.Equal("CorruptData", new SerializerHandle(_session, "MessagePack").Refusal([.. Enumerable.Repeat((byte)0x91, 100_000)]));
        Assert.Equal("CorruptData", new SerializerHandle(_session, "Json").Refusal([.. Enumerable.Repeat((byte)'[', 100_000)]));
        string xml = "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">" + string.Concat(Enumerable.Repeat("<Obj><LST>", 50_000));
        Assert.Equal("CorruptData", new SerializerHandle(_session, "CliXml").Refusal(Encoding.UTF8.GetBytes(xml)));
    }

    [Fact]
    public void Arrays_that_each_claim_all_the_bytes_left_do_not_add_up()
    {
        // 100 arrays, one in the other, each said to have as many elements as there are bytes: without a common bound 100 times the message.
        byte[] bytes = new byte[1_000_000];
        for (int level = 0; level < 100; level++)
        {
            (bytes[level * 5], bytes[(level * 5) + 2], bytes[(level * 5) + 3], bytes[(level * 5) + 4]) = (0xdd, 0x0d, 0xbb, 0xa0);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("CorruptData", new SerializerHandle(_session, "MessagePack").Refusal(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Fact]
    public void The_same_keys_again_and_again_are_not_copied_each_time()
    {
        // 60,000 keys twice: a copy of the table at each repetition would take 100 GB.
        var serializer = new SerializerHandle(_session, "MessagePack");
        byte[] bytes = [0xdf, 0, 0x01, 0xd4, 0xc0, .. RepeatedKeys()];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(60_000, ((System.Collections.IDictionary)serializer.Read(bytes)!).Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 << 20);
    }

    [Fact]
    public void An_ordered_dictionary_with_a_key_twice_is_refused()
    {
        // PSIpc writes none; and replacing the value would search the whole dictionary for each.
        var serializer = new SerializerHandle(_session, "MessagePack");
        Assert.Equal("CorruptData", serializer.Refusal([0xdd, 0, 0x03, 0xa9, 0x81, 0xc7, 0, 33, .. RepeatedKeys()]));
    }

    [Fact]
    public void The_name_of_an_enum_never_loads_an_assembly()
    {
        // These are on the path but not loaded: looking up a generic type whose argument is in one of them would load it.
        object?[] output = _session.RunCleanly("""
            $loaded = [AppDomain]::CurrentDomain.GetAssemblies().ForEach{ $_.GetName().Name }
            $victim = 'System.Xml.XPath.XDocument', 'System.IO.Pipes.AccessControl', 'System.Web.HttpUtility', 'System.Formats.Tar' | Where-Object { $_ -notin $loaded }
            $victim.Count -gt 0
            $name = 'System.Nullable`1[[A.B, ' + @($victim)[0] + ']]'
            $bytes = [Collections.Generic.List[byte]]::new()
            $bytes.AddRange([byte[]](0x94, 0xc7, 0, 35, 0xd9, $name.Length)); $bytes.AddRange([Text.Encoding]::ASCII.GetBytes($name)); $bytes.AddRange([byte[]](0xa1, 0x41, 5))
            $back = ConvertFrom-IpcData $bytes.ToArray()
            $back + 0; $back.Text
            @($victim)[0] -in [AppDomain]::CurrentDomain.GetAssemblies().ForEach{ $_.GetName().Name }
            """);
        Assert.Equal([true, 5, "A", false], output);
    }

    [Fact]
    public void A_number_with_endless_digits_is_refused_and_not_computed()
    {
        var json = new SerializerHandle(_session, "Json");
        Assert.Equal("CorruptData", json.Refusal(Encoding.ASCII.GetBytes(new string('9', 1_000_000))));
        Assert.Null(json.Refusal(Encoding.ASCII.GetBytes(new string('9', 10_000))));
    }

    /// <summary>120,000 pairs of a key and null; each key comes twice.</summary>
    private static IEnumerable<byte> RepeatedKeys()
    {
        for (int i = 0; i < 120_000; i++)
        {
            byte[] key = Encoding.ASCII.GetBytes((i % 60_000).ToString("x", System.Globalization.CultureInfo.InvariantCulture));
            yield return (byte)(0xa0 | key.Length);
            foreach (byte b in key)
            {
                yield return b;
            }

            yield return 0xc0;
        }
    }
}
