namespace PSIpc.Tests;

/// <summary>Every type in every protocol: Python's pickles are read and written again, and Python finds what it sent; byte for byte where its own output is the only one.</summary>
public sealed class PickleTypesTests : IDisposable
{
    /// <summary>The values by name, and those whose pickles can differ: sets have no order, and some lose what .NET has no place for.</summary>
    private const string Values = """
        import collections, datetime, decimal, math, pickle, pickletools, sys, uuid
        from datetime import date, time, timedelta, timezone
        D = decimal.Decimal
        values = {
            'none': None, 'true': True, 'false': False,
            'integers': [0, 1, -1, 255, 256, 65535, 65536, -128, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1, 2**63, -2**63, 2**64, -2**127, 10**200, -10**200, 256**255, 256**300],
            'floats': [0.0, -0.0, 1.5, -1e300, 5e-324, math.pi, math.inf, -math.inf, math.nan],
            'texts': ['', 'a', 'ä€😀', 'x' * 255, 'y' * 256, 'é' * 200, 'z' * 70000, '\0\n\\u1234', 'half \ud83d', '\udc80 half'],
            'bytes': [b'', b'a', bytes(range(256)), b'q' * 70000],
            'bytearray': [bytearray(), bytearray(b'ab\xff'), bytearray(b'r' * 70000)],
            'list': [1, ['a', [2.5, None]], []], 'one': [5], 'batches': list(range(3000)), 'odd': list(range(1001)),
            'tuples': [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((), (('x',),))],
            'dict': {'a': 1, 'B': [2], 'b': {'c': None}}, 'single': {'k': 'v'}, 'empty': {},
            'keys': {1: 'one', 2.5: 'x', True and 'yes': 3, None: 4, (1, 'a'): 5, b'k': 6, frozenset([7]): 8, D('1.5'): 9, 'A': 10, 'a': 11},
            'thousand': {i: str(i) for i in range(1000)}, 'more': {str(i): i for i in range(2001)},
            'sets': [set(), {1}, {'a', 'b', 3}, set(range(1000))], 'frozen': [frozenset(), frozenset([1]), frozenset(['a', ('b', 2)])],
            'complex': [1 + 2j, complex(math.inf, -0.0)],
            'datetimes': [datetime.datetime(1, 1, 1), datetime.datetime(2026, 11, 24, 3, 4, 5, 678901), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)],
            'aware': [datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc), datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=-5, minutes=-30)))],
            'dates': [date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31)], 'times': [time(), time(23, 59, 59, 999999)],
            'deltas': [timedelta(), timedelta(-1, 3, 5), timedelta(10**6, 86399, 999999), timedelta(microseconds=-1)],
            'zones': [timezone.utc, timezone(timedelta(hours=14)), timezone(timedelta(hours=-1), 'here')],
            'decimals': [D('1.10'), D('0'), D('-0.5'), D('12345678901234567890.12345678'), D('1')],
            'uuids': [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID('12345678-1234-5678-9abc-def012345678')],
            'ordered': [collections.OrderedDict(), collections.OrderedDict(z=1), collections.OrderedDict(z=1, a=2), collections.OrderedDict((i, i) for i in range(1001))],
        }
        unordered = {'sets', 'frozen', 'keys'}
        def same(a, b):
            if type(a) is not type(b): return False
            if isinstance(a, float): return repr(a) == repr(b)
            if isinstance(a, (list, tuple)): return len(a) == len(b) and all(map(same, a, b))
            if isinstance(a, dict): return len(a) == len(b) and all(same(k, l) and same(v, b[l]) for k, l in zip(a, b) for v in [a[k]])
            if isinstance(a, (set, frozenset)): return a == b
            return a == b and str(a) == str(b)
        """;

    private const string Write = Values + """

        for name, value in values.items():
            for protocol in range(6):
                print(name, protocol, pickle.dumps(value, protocol).hex())
        """;

    private const string Check = Values + """

        for line in sys.stdin:
            name, source, protocol, text = line.split()
            ours, value = bytes.fromhex(text), values[name]
            pickletools.dis(ours, open('/dev/null', 'w'))
            theirs = pickle.dumps(value, int(protocol))
            found = pickle.loads(ours)
            bits = [name, source, protocol]
            if not same(value, found): bits.append('differs ' + repr(found)[:300])
            if ours != theirs and name not in unordered and source == protocol: bits.append('bytes ' + ours.hex()[:600] + ' instead of ' + theirs.hex()[:600])
            print(*bits)
        """;

    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Every_type_goes_through_every_protocol_and_back()
    {
        string python = PythonProgram.Required;
        string[] pickles = PythonProgram.Ask(python, Write, []);
        SerializerHandle[] writers = [.. Enumerable.Range(2, 4).Select(p => new SerializerHandle(_session, p))];
        List<string> written = [];
        foreach (string[] words in pickles.Select(p => p.Split(' ')))
        {
            object? value = writers[0].Read(Convert.FromHexString(words[2]));
            written.AddRange(Enumerable.Range(2, 4).Select(p => $"{words[0]} {words[1]} {p} {Convert.ToHexString(writers[p - 2].Write(value))}"));
        }

        string[] answers = PythonProgram.Ask(python, Check, written);
        Assert.Equal(written.Count, answers.Length);
        Assert.Equal([], answers.Where(a => a.Split(' ').Length != 3).Select(a => a[..Math.Min(a.Length, 1500)]));
    }
}
