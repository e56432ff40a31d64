using System.Text;
using System.Text.RegularExpressions;

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
    [InlineData("c7 00 12", "a value of no type")]
    [InlineData("d4 12 63", "a value of a type that is not on the list")]
    [InlineData("c7 06 12 02 01 02 03 04 05", "an IP address of five bytes")]
    [InlineData("d5 12 01 07", "a switch that is neither on nor off")]
    [InlineData("d6 12 05 40 40 40", "a mail address that is none")]
    [InlineData("c7 0e 12 07 ff ff ff 7f 00 00 00 00 00 00 00 00 61", "a regular expression with options that do not exist")]
    [InlineData("c7 0e 12 07 00 00 00 00 00 00 00 00 00 00 00 00 28", "a regular expression that cannot be parsed")]
    [InlineData("d6 12 09 30 3c 61", "an XML document that is cut")]
    [InlineData("d6 12 0d 30 03 02", "a certificate that is none")]
    [InlineData("c7 06 12 10 ff ff ff 7f 01", "two thousand million bits in a byte")]
    [InlineData("d6 12 15 3c 61 62", "objects of PowerShell's own that are cut")]
    [InlineData("c7 03 13 41 00 42", "a secure string that ends in the middle of a character")]
    [InlineData("93 d4 2e 00 a1 61 a1 62", "a credential with a plain password")]
    [InlineData("93 d4 2e 02 a1 61 d5 13 41 00", "a credential of an unknown kind")]
    [InlineData("92 d4 2b 00 c4 00", "a collection of no type")]
    [InlineData("92 d4 2b 00 c4 01 8c", "a list of nothing")]
    [InlineData("92 d4 2b 00 c4 02 8c 3f", "a list of an unknown type")]
    [InlineData("92 d4 2b 00 c4 03 8c 05 05", "a list of two types")]
    [InlineData("92 d4 2b 00 c4 03 8c 82 0d", "a list of nullable strings")]
    [InlineData("92 d4 2b 00 c4 0a 8c 8c 8c 8c 8c 8c 8c 8c 8c 05", "lists of lists without end")]
    [InlineData("92 d4 2b 00 c4 03 8c 83 ff", "a list of a type with a name that is cut")]
    [InlineData("93 d4 2b 00 c4 02 8c 05 c0", "a list of numbers with null")]
    [InlineData("93 d4 2b 00 c4 02 8c 05 a1 61", "a list of numbers with text")]
    [InlineData("92 d4 2b 09 c4 02 8d 0d", "an unknown comparer")]
    [InlineData("93 d4 2b 00 c4 03 aa 05 05 01", "a dictionary with a key and no value")]
    [InlineData("96 d4 2b 00 c4 03 aa 05 05 01 01 01 01", "a dictionary with a key twice")]
    [InlineData("94 d4 2b 00 c4 02 aa 00 c0 01", "a dictionary of one type")]
    [InlineData("93 d4 2b 00 c4 03 b6 05 05 01", "a pair of one")]
    [InlineData("92 c7 00 2d 00", "an instance that there is not")]
    [InlineData("92 c7 00 2d ff", "an instance before the first")]
    [InlineData("96 c7 00 2c 90 91 a1 61 05 c0 01", "more hidden properties than there are")]
    [InlineData("95 d4 2f 00 a1 74 91 a1 61 90 c7 01 11 05", "a table whose column has no type")]
    [InlineData("95 d4 2f 00 a1 74 91 a1 61 91 c4 02 80 05 c7 05 11 05 07 00 00 00", "a table with a key that is no column")]
    [InlineData("96 d4 2f 00 a1 74 91 a1 61 91 c4 02 80 05 c7 01 11 05 a1 61", "a table with text in a column of numbers")]
    [InlineData("95 d4 2f 02 a1 74 91 a1 61 91 c4 02 80 05 c7 01 11 05", "a row of a table without rows")]
    [InlineData("93 d4 2f 01 a1 73 01", "a number in a set of tables")]
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
    public void Keys_that_all_have_the_same_simple_hash_do_not_collide()
    {
        // i * (2^32 + 1): the halves cancel each other out in .NET's own hash of Int64. Then multiples of the size of a table.
        foreach (Func<int, long> key in (Func<int, long>[])[static i => ((long)i << 32) | (uint)i, static i => 130_363L * i, static i => 156_437L * i])
        {
            byte[] bytes = [0xdf, 0, 1, 0x86, 0xa0, .. Enumerable.Range(1, 100_000).SelectMany(i => (byte[])[0xd3, .. BitConverter.GetBytes(key(i)).Reverse(), 0xc0])];
            Assert.Equal([100_000], _session.RunCleanly("(ConvertFrom-IpcData $bytes).Count", ("bytes", bytes)));
        }
    }

    [Fact]
    public void Keys_that_lie_together_in_a_typed_collection_are_refused()
    {
        foreach (string make in (string[])["[Collections.Generic.Dictionary[long,int]]", "[Collections.Generic.HashSet[long]]", "[Collections.Concurrent.ConcurrentDictionary[long,int]]"])
        {
            object?[] output = _session.RunCleanly($$"""
                $few = {{make}}::new()
                foreach ($i in 1..2000) { $key = ([long] $i -shl 32) -bor $i; if ('{{make}}' -like '*HashSet*') { $null = $few.Add($key) } else { $null = $few.TryAdd($key, 1) } }
                try { $null = ConvertTo-IpcData $few | ConvertFrom-IpcData -ErrorAction Stop; 'read' } catch { $_.FullyQualifiedErrorId -replace ',.*' }
                $spread = {{make}}::new()
                foreach ($i in 1..2000) { if ('{{make}}' -like '*HashSet*') { $null = $spread.Add($i) } else { $null = $spread.TryAdd($i, 1) } }
                (ConvertTo-IpcData $spread | ConvertFrom-IpcData).Count
                """);
            Assert.Equal(["IpcCorruptData", 2000], output);
        }
    }

    [Fact]
    public void Chains_of_references_are_as_long_as_they_like()
    {
        // Each list refers to the one before it, and a hashtable gives those of high keys first. The text has live objects looked for.
        const int Lists = 20_000;
        var xml = new StringBuilder("<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj RefId=\"0\"><DCT>");
        for (int i = 1; i <= Lists; i++)
        {
            string inside = i == 1 ? "<S>$ipc</S>" : $"<Ref RefId=\"{i - 1}\" />";
            xml.Append(System.Globalization.CultureInfo.InvariantCulture, $"<En><I32 N=\"Key\">{i}</I32><Obj N=\"Value\" RefId=\"{i}\"><LST>{inside}</LST></Obj></En>");
        }

        xml.Append("</DCT></Obj></Objs>");
        object?[] output = _session.RunCleanly("(ConvertFrom-IpcData $bytes -Serializer CliXml).Count", ("bytes", Encoding.UTF8.GetBytes(xml.ToString())));
        Assert.Equal([Lists], output);
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

    [Theory]
    [InlineData(0x09)]
    [InlineData(0x0a)]
    [InlineData(0x0b)]
    [InlineData(0x0c)]
    public void XML_neither_nests_without_end_nor_grows_nor_fetches(byte type)
    {
        var serializer = new SerializerHandle(_session, "MessagePack");
        string deep = string.Concat(Enumerable.Repeat("<a>", 100_000));
        string laughs = "<!DOCTYPE a [<!ENTITY a0 'ha'>" + string.Concat(Enumerable.Range(1, 30).Select(i => $"<!ENTITY a{i} '&a{i - 1};&a{i - 1};'>")) + "]><a>&a30;</a>";
        string fetched = "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><a>&e;</a>";
        foreach (string text in new[] { deep, laughs })
        {
            Assert.Equal("CorruptData", serializer.Refusal(KnownValue(type, (type == 9 ? "0" : "") + text)));
        }

        try
        {
            Assert.DoesNotContain(File.ReadAllText("/etc/hostname").Trim(), $"{serializer.Read(KnownValue(type, (type == 9 ? "0" : "") + fetched))}", StringComparison.Ordinal);
        }
        catch (Exception e) when (e.GetType().Name == "IpcException")
        {
        }
    }

    [Fact]
    public void A_regular_expression_that_takes_for_ever_ends_and_is_not_compiled()
    {
        var serializer = new SerializerHandle(_session, "MessagePack");
        var back = Assert.IsType<Regex>(serializer.Read(serializer.Write(new Regex("(a+)+$", RegexOptions.Compiled | RegexOptions.IgnoreCase))));
        Assert.Equal((RegexOptions.IgnoreCase, TimeSpan.FromMinutes(1)), (back.Options, back.MatchTimeout));
        back = Assert.IsType<Regex>(serializer.Read(serializer.Write(new Regex("(a+)+$", RegexOptions.None, TimeSpan.FromMilliseconds(50)))));
        Assert.Throws<RegexMatchTimeoutException>(() => back.IsMatch(new string('a', 60) + "!"));
    }

    [Fact]
    public void An_instance_of_a_class_is_made_without_running_its_code()
    {
        object?[] output = _session.RunCleanly("""
            class Witness { static [int] $Runs = 0; [int] $Number = 1; [ValidateNotNullOrEmpty()] [string] $Text; Witness() { [Witness]::Runs++ } [string] Tell() { return "$($this.Number) $($this.Text)" } }
            $one = [Witness]::new(); $one.Number = 5; $one.Text = 'kept'
            $bytes = ConvertTo-IpcData $one
            [Witness]::Runs = 0
            $back = ConvertFrom-IpcData $bytes
            $back -is [Witness]; $back.Tell(); [Witness]::Runs
            """);
        Assert.Equal([true, "5 kept", 0], output);
    }

    [Fact]
    public void A_class_of_a_name_in_the_data_is_only_a_script_class()
    {
        // The shape of an instance, with the names of classes that exist and are none of a script.
        var serializer = new SerializerHandle(_session, "MessagePack");
        foreach (string name in new[] { "System.Diagnostics.Process", "PSIpc.IpcQueue", "System.String", "No.Such.Class" })
        {
            byte[] bytes = [0x96, 0xc7, 0, 44, 0x91, (byte)(0xa0 | 31), .. Encoding.ASCII.GetBytes(("Deserialized." + name).PadRight(31)[..31]), 0x91, 0xa1, (byte)'X', 0, 0xc0, 1];
            Assert.IsType<System.Management.Automation.PSCustomObject>(((System.Management.Automation.PSObject)serializer.Read(bytes)!).BaseObject);
        }
    }

    [Fact]
    public void A_number_with_endless_digits_is_refused_and_not_computed()
    {
        var json = new SerializerHandle(_session, "Json");
        Assert.Equal("CorruptData", json.Refusal(Encoding.ASCII.GetBytes(new string('9', 1_000_000))));
        Assert.Null(json.Refusal(Encoding.ASCII.GetBytes(new string('9', 10_000))));
    }

    /// <summary>An extension with a value of the closed list of types.</summary>
    private static byte[] KnownValue(byte type, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] length = BitConverter.GetBytes(bytes.Length + 1);
        Array.Reverse(length);
        return [0xc9, .. length, 18, type, .. bytes];
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
