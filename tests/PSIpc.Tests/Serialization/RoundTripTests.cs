using System.Collections;
using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Net.Mail;
using System.Net.NetworkInformation;
using System.Numerics;

namespace PSIpc.Tests;

/// <summary>What each serializer keeps; docs/serializers.md says the same.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public static TheoryData<object> Kept { get; } = new((object[])[
        "text", "", "\u00e4\u4e2d\U0001F600", true, false, 'c',
        (byte)200, (sbyte)-5, (short)-300, (ushort)60000, 5, -32, 127, 128, int.MinValue, 4000000000u, 5L, long.MinValue, ulong.MaxValue,
        1.5f, double.NaN, double.PositiveInfinity, -0.1, 79228162514264337593543950335m, 0.10m,
        BigInteger.Pow(10, 50), (Half)1.5, Int128.MinValue, UInt128.MaxValue, (nint)(-7), (nuint)7,
        new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Utc).AddTicks(7), new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Local).AddTicks(7),
        new DateTime(2026, 11, 23, 1, 2, 3, DateTimeKind.Unspecified), DateTime.MinValue, DateTime.MaxValue,
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromMinutes(-330)), TimeSpan.FromTicks(-12345), new DateOnly(2026, 2, 3), new TimeOnly(4, 5, 6, 7),
        Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), new Uri("https://example.org/a b?c#d"), new Uri("rel/ative", UriKind.Relative), new Version(1, 2), new Version(1, 2, 3, 4),
        new byte[] { 1, 2, 255 }, Array.Empty<byte>(), new[] { 1, -2, int.MaxValue }, new[] { 1.5, double.NaN }, new[] { true, false }, new[] { 'a', 'b' },
        new[] { 1f }, new[] { 1L, 2L }, new ushort[] { 3 }, new[] { "a", null, "c" }, new[] { 1m, 2.5m }, new[] { Guid.Empty }, new object[] { 1, "two", null! },
        DayOfWeek.Friday, ConsoleColor.Red, FileAttributes.Hidden | FileAttributes.ReadOnly,
        new int[,] { { 1, 2, 3 }, { 4, 5, 6 } }, new string[,] { { "a", null! } }, new[] { DayOfWeek.Monday, DayOfWeek.Sunday }, new[] { new DateOnly(2026, 1, 2) },
        new int[][] { [1, 2], [], null! }, new IPAddress?[] { IPAddress.Loopback, null }, new int?[] { 1, null },
        DBNull.Value, new SwitchParameter(true), IPAddress.Parse("192.0.2.7"), IPAddress.Parse("fe80::1%3"), new IPEndPoint(IPAddress.Parse("192.0.2.7"), 5672),
        PhysicalAddress.Parse("00-11-22-33-44-55"), new MailAddress("a@example.org", "A, B"), CultureInfo.GetCultureInfo("de-DE"), CultureInfo.InvariantCulture, new Complex(1.5, -2),
        new List<int> { 1, 2 }, new List<object?> { 1, "b", null }, new List<string?> { "a", null }, new List<DayOfWeek> { DayOfWeek.Friday }, new List<List<int>> { new() { 1 }, new() },
        new ArrayList { 1, "b" }, new Queue(new[] { 1, 2 }), new Stack(new[] { 1, 2 }), new Queue<string>(["a", "b"]), new Stack<int>([1, 2, 3]), new LinkedList<int>([1, 2]),
        new HashSet<string>(["a"], StringComparer.OrdinalIgnoreCase), new SortedSet<int> { 3, 1, 2 }, new ConcurrentQueue<int>([1, 2]), new ConcurrentStack<int>([1, 2]), new ConcurrentBag<int>([1, 2]),
        new Collection<int> { 1 }, new ObservableCollection<int> { 1 }, new ReadOnlyCollection<int>([1]), new StringCollection { "a" },
        new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 }, new Dictionary<int, List<string>> { [1] = ["x"] }, new Dictionary<DayOfWeek, object?> { [DayOfWeek.Friday] = null },
        new SortedDictionary<string, int> { ["b"] = 1, ["a"] = 2 }, new SortedList<int, string> { [2] = "b" }, new ConcurrentDictionary<string, object>(new Dictionary<string, object> { ["k"] = 1.5 }), new SortedList { ["a"] = 1 },
        Tuple.Create(1, "a"), Tuple.Create(1, 2, 3, 4, 5, 6, 7, 8), (1, "a"), (1, 2, 3, 4, 5, 6, 7, 8, 9), new KeyValuePair<string, int>("a", 1), Tuple.Create<object?, int?>(null, null)]);

    public void Dispose() => _session.Dispose();

    [Theory]
    [MemberData(nameof(Kept), DisableDiscoveryEnumeration = true)]
    public void MessagePack_keeps_value_and_type(object value)
    {
        object? back = RoundTrip(value, "MessagePack");
        Assert.Equal(value.GetType(), back!.GetType());
        Assert.Equal(value, back);
        if (value is DateTime time)
        {
            Assert.Equal(time.Kind, ((DateTime)back).Kind);
        }
    }

    [Fact]
    public void Null_stays_null_in_every_serializer_but_Raw()
    {
        foreach (string serializer in new[] { "MessagePack", "Json", "CliXml" })
        {
            Assert.Null(RoundTrip(null, serializer));
        }
    }

    [Fact]
    public void MessagePack_keeps_tables_lists_and_objects()
    {
        object?[] output = _session.RunCleanly("""
            $in = [ordered]@{ z = 1; a = @{ Deep = @(1, @(2, 3), @()) }; M = [pscustomobject]@{ PSTypeName = 'My.Type'; Name = 'n'; Value = $null } }
            $out = $in | ConvertTo-IpcData | ConvertFrom-IpcData
            $out.GetType().Name
            $out.Keys -join ' '
            $out.a.GetType().Name
            $out.a.deep[1][1]
            $out.a.Deep[2].Count
            $out.M.pstypenames[0]
            @($out.M.psobject.Properties.Name) -join ' '
            $list = [Collections.Generic.List[object]]::new(); $list.Add(1); $list.Add('b')
            $back = ConvertFrom-IpcData (ConvertTo-IpcData $list)
            $back.GetType().Name; $back.Count
            $sensitive = [hashtable]::new([StringComparer]::Ordinal); $sensitive['a'] = 1; $sensitive['A'] = 2
            (ConvertFrom-IpcData (ConvertTo-IpcData $sensitive)).Count
            ConvertFrom-IpcData (ConvertTo-IpcData { Get-Process })
            """);
        Assert.Equal(["OrderedDictionary", "z a M", "Hashtable", 3, 0, "My.Type", "Name Value", "List`1", 2, 2, " Get-Process "], output);
    }

    [Fact]
    public void Other_objects_become_property_bags_marked_Deserialized()
    {
        object?[] output = _session.RunCleanly("""
            $out = [IO.FileInfo]::new('/etc/hosts') | ConvertTo-IpcData | ConvertFrom-IpcData
            $out.pstypenames[0]; $out.Name; $out.Length.GetType().Name; $out.Directory; "$out"
            $e = [ConsoleColor]::Red
            $thrower = [pscustomobject]@{} ; $thrower.psobject.Properties.Add([psscriptproperty]::new('Bad', { throw 'no' }))
            $null -eq ($thrower | ConvertTo-IpcData | ConvertFrom-IpcData).Bad
            """);
        Assert.Equal(["Deserialized.System.IO.FileInfo", "hosts", "Int64", "/etc", "/etc/hosts", true], output);
    }

    [Fact]
    public void Objects_of_one_shape_write_their_names_once()
    {
        object?[] output = _session.RunCleanly("""
            $rows = 1..1000 | ForEach-Object { [pscustomobject]@{ AVeryLongPropertyName = $_; Another = "x$_" } }
            $bytes = ConvertTo-IpcData $rows
            $bytes.Length -lt 20000
            $back = ConvertFrom-IpcData $bytes
            $back.Count; $back[999].Another; $back[0].psobject.Properties.Name -join ' '
            """);
        Assert.Equal([true, 1000, "x1000", "AVeryLongPropertyName Another"], output);
    }

    [Fact]
    public void An_error_record_arrives_as_one()
    {
        var error = Assert.IsType<ErrorRecord>(_session.Run("""
            try { [IO.File]::ReadAllText('/no/such/file') } catch { $e = $_ }
            $e.ErrorDetails = [Management.Automation.ErrorDetails]::new('in short')
            ConvertFrom-IpcData (ConvertTo-IpcData $e)
            """)[0].BaseObject);
        Assert.Equal("in short", error.ErrorDetails.Message);
        Assert.Contains("/no/such/file", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("DirectoryNotFoundException", error.FullyQualifiedErrorId);
        Assert.NotEmpty(error.ScriptStackTrace);
    }

    [Fact]
    public void An_enum_of_an_unknown_type_keeps_number_and_name()
    {
        object?[] output = _session.RunCleanly("""
            $bytes = ConvertTo-IpcData ([DayOfWeek]::Friday)
            $text = [Text.Encoding]::Latin1.GetString($bytes).Replace('System.DayOfWeek', 'System.DayOfWeak')
            $out = ConvertFrom-IpcData ([Text.Encoding]::Latin1.GetBytes($text))
            $out + 0; $out.Text; $out.pstypenames[0]
            """);
        Assert.Equal([5, "Friday", "Deserialized.System.DayOfWeak"], output);
    }

    [Theory]
    [InlineData("MessagePack")]
    [InlineData("Json")]
    public void Depth_and_cycles_are_errors_and_not_overflows(string serializer)
    {
        string nested = "$x = @(1); for ($i = 1; $i -lt 40; $i++) { $x = , $x }";
        ErrorRecord tooDeep = _session.RunForError($"{nested}; ConvertTo-IpcData $x {serializer}");
        Assert.StartsWith("IpcSerialization,", tooDeep.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("32", tooDeep.Exception.Message, StringComparison.Ordinal);
        _session.RunCleanly($"{nested}; $null = ConvertTo-IpcData $x {serializer} -Depth 40 | ConvertFrom-IpcData -Serializer {serializer}");
        foreach (string cycle in new[] { "$h = @{}; $h.self = $h", "$h = [pscustomobject]@{ a = $null }; $h.a = $h", "$h = @(1); $h[0] = $h" })
        {
            ErrorRecord error = _session.RunForError($"{cycle}; ConvertTo-IpcData $h {serializer} -Depth 128");
            Assert.StartsWith("IpcSerialization,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Contains("contains itself", error.Exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Json_keeps_what_JSON_knows()
    {
        object?[] output = _session.RunCleanly("""
            $in = [ordered]@{ s = "a`"b"; i = 1; l = 5000000000; big = [bigint]::Pow(10, 30); d = 1.5; m = 0.12345678901234567890d
                b = $true; n = $null; t = [datetime]::new(2026, 1, 2, 3, 4, 5, [DateTimeKind]::Utc); e = [DayOfWeek]::Friday; bytes = [byte[]](1, 2); list = 1, @(2, 3); o = [pscustomobject]@{ x = 1 } }
            $bytes = ConvertTo-IpcData $in -Serializer Json
            [Text.Encoding]::UTF8.GetString($bytes)
            $out = ConvertFrom-IpcData $bytes -Serializer Json
            $out.GetType().Name; $out.i.GetType().Name; $out.l.GetType().Name; $out.big.GetType().Name; $out.m.GetType().Name; $out.list[1][1]; $out.o.x
            (ConvertFrom-IpcData $bytes Json -AsHashtable).GetType().Name
            """);
        Assert.Equal("{\"s\":\"a\\\"b\",\"i\":1,\"l\":5000000000,\"big\":1000000000000000000000000000000,\"d\":1.5,\"m\":0.12345678901234567890,\"b\":true,\"n\":null,\"t\":\"2026-01-02T03:04:05.0000000Z\",\"e\":\"Friday\",\"bytes\":\"AQI=\",\"list\":[1,[2,3]],\"o\":{\"x\":1}}", output[0]);
        Assert.Equal(["PSCustomObject", "Int32", "Int64", "BigInteger", "Decimal", 3, 1, "Hashtable"], output[1..]);
    }

    [Theory]
    [InlineData("{\"a\": 1,\n}", "line 2, column 1")]
    [InlineData("[1] // no", "line 1, column 5")]
    [InlineData("", "line 1, column 1")]
    [InlineData("[1] [2]", "line 1, column 5")]
    public void Json_that_is_none_is_told_with_its_place(string text, string place)
    {
        ErrorRecord error = _session.RunForError("ConvertFrom-IpcData ([Text.Encoding]::UTF8.GetBytes($text)) -Serializer Json", ("text", text));
        Assert.StartsWith("IpcCorruptData,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(place, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CliXml_is_PowerShells_own()
    {
        object?[] output = _session.RunCleanly("""
            $in = [pscustomobject]@{ a = 1L; t = [timespan]::FromSeconds(1); l = 1, 2; h = @{ k = [guid]::Empty } }
            $bytes = $in | ConvertTo-IpcData -Serializer CliXml
            $out = ConvertFrom-IpcData $bytes -Serializer CliXml
            $out.a.GetType().Name; $out.t; $out.l.GetType().Name; $out.h.k; [Management.Automation.PSSerializer]::Deserialize([Text.Encoding]::UTF8.GetString($bytes)).a
            """);
        Assert.Equal(["Int64", TimeSpan.FromSeconds(1), "ArrayList", Guid.Empty, 1L], output);
        ErrorRecord error = _session.RunForError("ConvertFrom-IpcData ([byte[]](1, 2, 3)) -Serializer CliXml");
        Assert.StartsWith("IpcCorruptData,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Raw_is_bytes()
    {
        object?[] output = _session.RunCleanly("(ConvertTo-IpcData 'a\u00e4' Raw) -join ' '; (ConvertTo-IpcData ([byte[]](1, 2)) Raw | ConvertFrom-IpcData -Serializer Raw) -join ' '; (1, 2 | ForEach-Object { [byte]$_ } | ConvertFrom-IpcData -Serializer Raw) -join ' '");
        Assert.Equal(["97 195 164", "1 2", "1 2"], output);
    }

    [Fact]
    public void Bytes_that_no_MessagePack_serializer_wrote_are_an_error_and_nothing_worse()
    {
        var valid = (byte[])_session.Run("ConvertTo-IpcData @{ a = 1, 'x', [decimal]1; o = [pscustomobject]@{ p = 1 }; e = [DayOfWeek]::Friday; t = [int[]](1..9); d = [datetime]::Now }")[0].BaseObject;
        var serializer = new Reader(_session);
        var random = new Random(4);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = (byte[])valid.Clone();
            switch (round % 3)
            {
                case 0:
                    bytes = bytes[..random.Next(bytes.Length)];
                    break;
                case 1:
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    break;
                default:
                    bytes = new byte[random.Next(1, 64)];
                    random.NextBytes(bytes);
                    break;
            }

            serializer.MustReadOrRefuse(bytes);
        }

        serializer.MustReadOrRefuse([.. Enumerable.Repeat((byte)0x91, 100_000)]);
        serializer.MustReadOrRefuse([0xdd, 0xff, 0xff, 0xff, 0xff]);
        serializer.MustReadOrRefuse([0xc9, 0xff, 0xff, 0xff, 0xff, 17]);
    }

    [Fact]
    public void Serializers_are_listed()
    {
        object?[] output = _session.RunCleanly("(Get-IpcSerializer).Name.Where{ $_ -notlike 'own-*' } -join ' '; (Get-IpcSerializer J*).Format; (Get-IpcSerializer | Where-Object IsDefault).Name");
        Assert.Equal(["MessagePack Json CliXml Pickle CStruct Raw", (byte)2, "MessagePack"], output);
        Assert.StartsWith("IpcNotFound,", _session.RunForError("Get-IpcSerializer Yaml").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    private object? RoundTrip(object? value, string serializer) =>
        _session.Run("ConvertFrom-IpcData (ConvertTo-IpcData $value $serializer) -Serializer $serializer | ForEach-Object { , $_ }", ("value", value), ("serializer", serializer))
            is [var single, ..] ? single?.BaseObject : null;

    /// <summary>The serializer itself, reached as C# users would: by its public interface.</summary>
    private sealed class Reader(PowerShellSession session)
    {
        private readonly Func<ReadOnlyMemory<byte>, object?> _read = DeserializeOf(session.Run("[PSIpc.IpcSerializers]::Get('MessagePack')")[0].BaseObject);

        public void MustReadOrRefuse(byte[] bytes)
        {
            try
            {
                _ = _read(bytes);
            }
            catch (Exception e) when (e.GetType().Name == "IpcException")
            {
            }
        }

        private static Func<ReadOnlyMemory<byte>, object?> DeserializeOf(object serializer) =>
            serializer.GetType().GetMethod("Deserialize")!.CreateDelegate<Func<ReadOnlyMemory<byte>, object?>>(serializer);
    }
}
