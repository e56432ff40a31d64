using System.Collections;
using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>What PowerShell's own types are in Python, NumPy's arrays, shared references and cycles, and classes that are not on the list.</summary>
public sealed class PickleObjectsTests : IDisposable
{
    private const string Repr = """
        import pickle, pickletools, sys
        for line in sys.stdin:
            data = bytes.fromhex(line)
            pickletools.dis(data, open('/dev/null', 'w'))
            print(repr(pickle.loads(data)).encode('ascii', 'backslashreplace').decode())
        """;

    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("[byte]200, [sbyte]-5, [int16]-300, [uint16]60000, [uint32]4000000000, [ulong]::MaxValue, [int128]::MaxValue", "[200, -5, -300, 60000, 4000000000, 18446744073709551615, 170141183460469231731687303715884105727]")]
    [InlineData("[float]0.25, [half]1.5, 1.25d, [bigint]::Pow(2, 70)", "[0.25, 1.5, Decimal('1.25'), 1180591620717411303424]")]
    [InlineData("[char]'x', [DayOfWeek]::Friday, [uri]'http://a/b', [version]'1.2', { 1 + 1 }, [int]", "['x', 'Friday', 'http://a/b', '1.2', ' 1 + 1 ', 'System.Int32']")]
    [InlineData("[datetime]::new(2026, 1, 2, 3, 4, 5, [DateTimeKind]::Utc), [datetimeoffset]::new(2026, 1, 2, 3, 4, 5, [timespan]::FromHours(2))", "[datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(seconds=7200)))]")]
    [InlineData("[dateonly]::new(2026, 1, 2), [timeonly]::new(3, 4, 5), [timespan]::FromSeconds(-1.5), [guid]'12345678-1234-5678-9abc-def012345678'", "[datetime.date(2026, 1, 2), datetime.time(3, 4, 5), datetime.timedelta(days=-1, seconds=86398, microseconds=500000), UUID('12345678-1234-5678-9abc-def012345678')]")]
    [InlineData("[pscustomobject]@{ a = 1; b = @{ c = $null } }", "{'a': 1, 'b': {'c': None}}")]
    [InlineData("[ordered]@{ z = 1; a = 2 }", "{'z': 1, 'a': 2}")]
    [InlineData("[Tuple]::Create(1, 'a'), [ValueTuple]::Create(2), [PSIpc.PythonTuple]::new(1, 2, 3, 4)", "[(1, 'a'), (2,), (1, 2, 3, 4)]")]
    [InlineData("([PSIpc.PythonTuple]::new($null), [PSIpc.PythonTuple]::new())", "[(None,), ()]")]
    [InlineData(", [Collections.Generic.HashSet[int]][int[]](1, 1, 1)", "{1}")]
    [InlineData(", [Collections.Frozen.FrozenSet]::ToFrozenSet[int]([int[]](5, 5))", "frozenset({5})")]
    [InlineData(", [Collections.Immutable.ImmutableHashSet]::Create[int](5)", "frozenset({5})")]
    [InlineData("[numerics.complex]::new(1, -2), [dbnull]::Value", "[(1-2j), None]")]
    [InlineData(", [byte[]](1, 2)", "b'\\x01\\x02'")]
    [InlineData(", [Collections.Generic.List[byte]][byte[]](1, 2)", "bytearray(b'\\x01\\x02')")]
    [InlineData(", [Collections.ArrayList]@(1, 'a')", "[1, 'a']")]
    [InlineData(", [Collections.Generic.Queue[string]][string[]]('a', 'b')", "['a', 'b']")]
    [InlineData(", [int[,]]::new(2, 3)", "[[0, 0, 0], [0, 0, 0]]")]
    [InlineData(", [double[]](1, 2.5)", "[1.0, 2.5]")]
    [InlineData("$d = [Collections.Generic.Dictionary[string, object]]::new(); $d['x'] = 1; $d", "{'x': 1}")]
    [InlineData("[Management.Automation.ErrorRecord]::new([Exception]::new('m'), 'id', 0, 5).CategoryInfo.Category", "'NotSpecified'")]
    public void Values_of_PowerShell_are_what_a_Python_programmer_expects(string script, string expected)
    {
        string python = PythonProgram.Required;
        object value = _session.Run($"$value = & {{ {script} }}; , $value")[0];
        string[] pickles = [.. Enumerable.Range(2, 4).Select(p => Convert.ToHexString(new SerializerHandle(_session, p).Write(value)))];
        Assert.Equal(Enumerable.Repeat(expected, 4), PythonProgram.Ask(python, Repr, pickles));
    }

    [Fact]
    public void Any_other_object_is_a_dict_of_its_properties_and_a_live_one_arrives_alive()
    {
        string python = PythonProgram.Required;
        byte[] bytes = (byte[])_session.RunCleanly("ConvertTo-IpcData ([IO.DirectoryInfo]'/usr') Pickle")[0]!;
        Assert.Contains("'FullName': '/usr'", PythonProgram.Ask(python, Repr, [Convert.ToHexString(bytes)])[0], StringComparison.Ordinal);
        object?[] output = _session.RunCleanly(
            """
            $queue = New-IpcQueue
            $copy = ConvertFrom-IpcData (ConvertTo-IpcData @{ q = $queue; again = $queue } Pickle) Pickle
            Send-IpcMessage $copy.q 5
            $queue.Receive(60), $copy.again.GetType().Name
            Remove-IpcQueue $queue
            """);
        Assert.Equal([5, "IpcQueue"], output);
    }

    [Fact]
    public void One_object_in_two_places_and_cycles_stay_so_both_ways()
    {
        string python = PythonProgram.Required;
        const string Script = """
            import pickle, sys
            shared = ['s']; cycle = [1]; cycle.append(cycle); table = {}; table['self'] = table
            inner = []; pair = (inner, 7); inner.append(pair)
            frozen_list = []; frozen = (frozen_list, frozen_list); frozen_list.append(frozen)
            value = [shared, shared, cycle, table, pair, frozen]
            print(pickle.dumps(value, 4).hex()); sys.stdout.flush()
            back = pickle.loads(bytes.fromhex(sys.stdin.readline()))
            print(back[0] is back[1], back[2][1] is back[2], back[3]['self'] is back[3], back[4][0][0] is back[4], back[5][0] is back[5][1] and back[5][0][0] is back[5])
            print(bytes.fromhex(sys.stdin.readline()) == pickle.dumps(value, 4))
            """;
        using var process = PythonProgram.Start(python, Script);
        var serializer = new SerializerHandle(_session, 4);
        byte[] theirs = Convert.FromHexString(process.StandardOutput.ReadLine()!);
        var value = (List<object?>)serializer.Read(theirs)!;
        Assert.Same(value[0], value[1]);
        Assert.Same(value[2], ((IList)value[2]!)[1]);
        Assert.Same(value[3], ((IDictionary)value[3]!)["self"]);
        Assert.Same(value[4], ((IList)((IReadOnlyList<object?>)value[4]!)[0]!)[0]);
        process.StandardInput.WriteLine(Convert.ToHexString(serializer.Write(value)));
        Assert.Equal("True True True True True", process.StandardOutput.ReadLine());
        process.StandardInput.WriteLine(Convert.ToHexString(serializer.Write(value)));
        Assert.Equal("True", process.StandardOutput.ReadLine());
        process.WaitForExit();

        object?[] output = _session.RunCleanly("""
            $table = @{}; $table.me = $table; $object = [pscustomobject]@{ n = 1; self = $null }; $object.self = $object
            $back = ConvertFrom-IpcData (ConvertTo-IpcData @($table, $object, $object) Pickle) Pickle
            [object]::ReferenceEquals($back[0].me, $back[0]), [object]::ReferenceEquals($back[1].self, $back[2])
            """);
        Assert.Equal([true, true], output);
    }

    [Fact]
    public void What_Python_makes_has_the_types_that_the_documentation_says()
    {
        string python = PythonProgram.Required;
        const string Script = """
            import pickle, collections
            from datetime import *
            print(pickle.dumps([1, 2**40, 2**80, 1.5, 'a', b'b', bytearray(b'c'), [1], (1,), {'a': 1}, {1}, frozenset([1]), 1j, datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone.utc),
                datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))), date(2026, 1, 1), time(1), timedelta(1), timezone(timedelta(hours=1)), collections.OrderedDict()]).hex())
            """;
        object?[] items = [.. (List<object?>)new SerializerHandle(_session, "Pickle").Read(Convert.FromHexString(PythonProgram.Ask(python, Script, [])[0]))!];
        Assert.Equal(
            ["Int32", "Int64", "BigInteger", "Double", "String", "Byte[]", "List`1", "List`1", "PythonTuple", "PythonDict", "HashSet`1", "FrozenSet", "Complex", "DateTime", "DateTime", "DateTimeOffset", "DateOnly", "TimeOnly", "TimeSpan", "TimeZoneInfo", "PythonOrderedDict"],
            items.Select(i => i!.GetType().Name is var name && name.Contains("FrozenSet", StringComparison.Ordinal) ? "FrozenSet" : name));
        Assert.Equal((DateTimeKind.Unspecified, DateTimeKind.Utc), (((DateTime)items[13]!).Kind, ((DateTime)items[14]!).Kind));
    }

    [Fact]
    public void Keys_are_found_as_in_Python_and_by_either_case_as_in_PowerShell()
    {
        string python = PythonProgram.Required;
        string[] hex = PythonProgram.Ask(python, "import pickle; print(pickle.dumps([{'Name': 1, (1, 'a'): 2, 7: 3, None: 4, b'k': 5}, {'a': 1, 'A': 2}, {(1, 2): 'x'}]).hex())", []);
        object?[] output = _session.RunCleanly(
            """
            $all = ConvertFrom-IpcData ([Convert]::FromHexString($hex)) Pickle
            $d = $all[0]
            $d.name, $d.Item([PSIpc.PythonTuple]::new(1L, 'a')), $d[7.0], $d[7], $d[[DBNull]::Value], $d.Item([byte[]][char[]]'k'), ($d.Keys -is [Collections.ICollection])
            $all[1]['a'], $all[1]['A'], $all[1].Count
            "$($all[2].Keys)"
            $d.Remove('NAME'); $d.Contains('Name'); $d.extra = 7; ($d.Values -join ','), ([pscustomobject]$all[1]).a
            (ConvertFrom-IpcData (ConvertTo-IpcData $all[1])).Keys -join ','
            $first, $second = @($all[2].Keys)[0]; $second
            """,
            ("hex", hex[0]));
        Assert.Equal([1, 2, 3, 3, 4, 5, true, 1, 2, 2, "1 2", false, "2,3,4,5,7", 1, "a,A", 2], output);
    }

    [Fact]
    public void NumPy_arrays_and_scalars_are_typed_arrays_and_numbers_with_their_shapes()
    {
        string python = PythonProgram.WithNumPy;
        const string Script = """
            import pickle, numpy as np, sys
            values = [np.array([1.5, 2.5]), np.arange(6, dtype='i4').reshape(2, 3), np.asfortranarray(np.arange(24, dtype='i2').reshape(2, 3, 4)), np.array([[True, False]]),
                np.array([1, 2], '>u2'), np.array([1 + 2j], 'c8'), np.array([3 - 1j], '>c16'), np.array([1.5], 'f2'), np.array(['ab', '', 'c'], '<U2'), np.zeros((0, 3)), np.array(5, 'i8'),
                np.float32(0.1), np.int8(-3), np.bool_(True), np.uint64(2**64 - 1), np.str_('text'), np.arange(10)[::2], np.array([250], 'u1')]
            names = ['numpy.core', 'numpy._core']
            for value in values:
                for protocol in range(6):
                    data = pickle.dumps(value, protocol)
                    # As NumPy 2 calls its module; the lengths change, so only where they are not written.
                    print(data.hex()) if protocol > 2 else print(data.replace(b'cnumpy.core.', b'cnumpy._core.').hex())
            """;
        var serializer = new SerializerHandle(_session, "Pickle");
        string[] found = [.. PythonProgram.Ask(python, Script, []).Select(h => Describe(serializer.Read(Convert.FromHexString(h))))];
        string[] expected =
        [
            "Double[2] 1.5 2.5", "Int32[2,3] 0 1 2 3 4 5", "Int16[2,3,4] 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23", "Boolean[1,2] True False", "UInt16[2] 1 2",
            "Complex[1] <1; 2>", "Complex[1] <3; -1>", "Half[1] 1.5", "String[3] ab  c", "Double[0,3]", "Int64 5", "Single 0.1", "SByte -3", "Boolean True", "UInt64 18446744073709551615", "String text",
            "Int64[5] 0 2 4 6 8", "Byte[1] 250",
        ];
        Assert.Equal(expected.SelectMany(e => Enumerable.Repeat(e, 6)), found);
    }

    [Fact]
    public void Typed_arrays_and_shared_arrays_are_NumPy_arrays_byte_for_byte()
    {
        string python = PythonProgram.WithNumPy;
        const string Script = """
            import pickle, pickletools, numpy as np, sys
            expected = [np.array([1.5, 2.5]), np.arange(6, dtype='i4').reshape(2, 3), np.array([True, False]), np.array([1 + 2j]), np.array([1.5], 'f2'), np.array([2**64 - 1], 'u8'), np.zeros((2, 1, 1, 2), 'i2'), np.array([[1.0, 2.0], [3.0, 4.0]]), np.arange(20000.0)]
            for line in sys.stdin:
                which, protocol, text = line.split()
                ours, value = bytes.fromhex(text), expected[int(which)]
                pickletools.dis(ours, open('/dev/null', 'w'))
                back = pickle.loads(ours)
                back[...] = back  # writable
                print(which, protocol, back.dtype == value.dtype and back.shape == value.shape and (back == value).all(), int(protocol) > 4 or ours == pickle.dumps(value, int(protocol)))
            """;
        object?[] values = [.. _session.RunCleanly("""
            $shared = New-SharedArray -Shape 2, 2
            $shared.CopyFrom([double[]](1..4))
            $matrix = [int[,]]::new(2, 3); foreach ($i in 0..5) { $matrix[[Math]::Floor($i / 3), ($i % 3)] = $i }
            , [double[]](1.5, 2.5); , $matrix; , [bool[]]($true, $false); , [numerics.complex[]]([numerics.complex]::new(1, 2)); , [half[]](1.5); , [ulong[]]([ulong]::MaxValue); , [int16[,,,]]::new(2, 1, 1, 2); , $shared; , [double[]](0..19999)
            """)];
        List<string> lines = [];
        for (int protocol = 2; protocol <= 5; protocol++)
        {
            var serializer = new SerializerHandle(_session, protocol, numPy: true);
            lines.AddRange(values.Select((v, i) => $"{i} {protocol} {Convert.ToHexString(serializer.Write(v))}"));
        }

        Assert.Equal(lines.Select(l => string.Join(' ', l.Split(' ')[..2]) + " True True"), PythonProgram.Ask(python, Script, lines));
        Assert.Equal(["[1.0, 2.0]"], PythonProgram.Ask(python, Repr, [Convert.ToHexString(new SerializerHandle(_session, 4).Write(new[] { 1.0, 2.0 }))]));
        byte[] shared = new SerializerHandle(_session, 4).Write(values[7]);
        Assert.Equal("Double[2,2] 1 2 3 4", Describe(new SerializerHandle(_session, 4).Read(shared)));
        _session.RunCleanly("Remove-SharedArray $shared");
    }

    [Fact]
    public void Unlisted_classes_are_refused_by_name_or_read_as_data_where_that_is_asked_for()
    {
        string python = PythonProgram.Required;
        const string Script = """
            import pickle, collections, enum, types, sys
            module = types.ModuleType('shop'); sys.modules['shop'] = module
            exec('''
            import collections, enum
            class Item:
                def __init__(self): self.name = 'tea'; self.parent = self
            class Slots:
                __slots__ = ('x', 'y')
                def __init__(self): self.x = 1; self.y = 2
            class Names(dict): pass
            class Rows(list): pass
            Point = collections.namedtuple('Point', 'x y')
            class Color(enum.Enum): Red = 3
            class Odd:
                def __getstate__(self): return [1, 2]
                def __setstate__(self, state): pass
            ''', module.__dict__)
            names, rows = module.Names(a=1), module.Rows([1, 2])
            for value in [module.Item(), module.Slots(), module.Point(1, 2), module.Color.Red, names, rows, module.Odd()]:
                for protocol in range(6): print(pickle.dumps(value, protocol).hex()) if not (protocol < 2 and type(value).__name__ == 'Slots') else print('-')
            """;
        string[] hex = PythonProgram.Ask(python, Script, []);
        string[] expected = ["shop.Item name=tea parent=shop.Item", "shop.Slots x=1 y=2", "shop.Point Item1=1 Item2=2", "shop.Color Item1=3", "shop.Names Entries=PSIpc.PythonDict", "shop.Rows Items=System.Collections.Generic.List`1[System.Object]", "shop.Odd State=System.Collections.Generic.List`1[System.Object]"];
        var strict = new SerializerHandle(_session, "Pickle");
        var lenient = new SerializerHandle(_session, 4, allowUnknown: true);
        for (int i = 0; i < hex.Length; i++)
        {
            if (hex[i] == "-")
            {
                continue;
            }

            byte[] bytes = Convert.FromHexString(hex[i]);
            Assert.Equal("TypeNotAllowed", strict.Refusal(bytes));
            var made = (PSObject)lenient.Read(bytes)!;
            string shown = made.TypeNames[0] + string.Concat(made.Properties.Select(p => $" {p.Name}={(p.Value is PSObject o ? o.TypeNames[0] : p.Value)}"));
            Assert.True(shown == expected[i / 6] || (i % 6 < 2 && shown.StartsWith("shop.", StringComparison.Ordinal)), $"{i}: {shown}");
        }

        ErrorRecord error = _session.RunForError("ConvertFrom-IpcData ([Convert]::FromHexString($hex)) Pickle", ("hex", hex[4]));
        Assert.StartsWith("IpcTypeNotAllowed", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("'shop.Item'", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(["tea"], _session.RunCleanly("(ConvertFrom-IpcData ([Convert]::FromHexString($hex)) Pickle -AllowUnknown).name", ("hex", hex[4])));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [Trait("Tier", "Long")]
    public void A_million_elements_go_both_ways(int protocol)
    {
        string python = PythonProgram.Required;
        const string Script = """
            import pickle, sys
            protocol = int(sys.argv[1])
            value = [list(range(400000)), {str(i): i * 0.5 for i in range(200000)}, [(i, 'x%d' % (i % 1000)) for i in range(200000)], set(range(100000)), [{'id': i} for i in range(100000)]]
            sys.stdout.write(pickle.dumps(value, protocol).hex() + '\n'); sys.stdout.flush()
            data = bytes.fromhex(sys.stdin.readline())
            print(pickle.loads(data) == value)
            """;
        using var process = PythonProgram.Start(python, Script, $"{protocol}");
        var serializer = new SerializerHandle(_session, Math.Max(2, protocol));
        object? value = serializer.Read(Convert.FromHexString(process.StandardOutput.ReadLine()!));
        process.StandardInput.WriteLine(Convert.ToHexString(serializer.Write(value)));
        Assert.Equal("True", process.StandardOutput.ReadLine());
        process.WaitForExit();
    }

    private static string Describe(object? value) => value is Array array
        ? $"{array.GetType().GetElementType()!.Name}[{string.Join(',', Enumerable.Range(0, array.Rank).Select(array.GetLength))}]{string.Concat(array.Cast<object>().Select(o => " " + Convert.ToString(o, System.Globalization.CultureInfo.InvariantCulture)))}"
        : $"{value!.GetType().Name} {Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)}";
}
