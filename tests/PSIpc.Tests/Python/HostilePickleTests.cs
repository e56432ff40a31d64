using System.Text;

namespace PSIpc.Tests;

/// <summary>Pickles made to run code, to fill memory or to take for ever: refused, and nothing happens.</summary>
public sealed class HostilePickleTests : IDisposable
{
    private const long MostAllocated = 64 << 20;

    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("cos\nsystem\n(S'touch /tmp/psipc-pwned'\ntR.", "os.system", "global and reduce")]
    [InlineData("cposix\nsystem\n(S'true'\ntR.", "posix.system", "global and reduce")]
    [InlineData("c__builtin__\neval\n(S'1'\ntR.", "__builtin__.eval", "global and reduce")]
    [InlineData("\u0080\u0004\u008c\u0002os\u0094\u008c\u0006system\u0094\u0093\u0094\u008c\u0004true\u0094\u0085\u0094R.", "os.system", "stack_global")]
    [InlineData("\u0080\u0004\u008c\u0008builtins\u008c\u0007getattr\u0093.", "builtins.getattr", "stack_global")]
    [InlineData("\u0080\u0004\u008c\u0008datetime\u008c\u0013datetime.__init__.x\u0093.", "datetime.datetime.__init__.x", "a path through a class that is on the list")]
    [InlineData("\u0080\u0004\u008c\u0005numpy\u008c\u0016core.multiarray.scalar\u0093.", "numpy.core.multiarray.scalar", "a listed name split elsewhere")]
    [InlineData("(S'true'\nios\nsystem\n.", "os.system", "inst")]
    [InlineData("(cos\nsystem\nS'true'\no.", "os.system", "obj")]
    [InlineData("\u0080\u0002csubprocess\nPopen\n(]S'true'\natR.", "subprocess.Popen", "newobj")]
    [InlineData("\u0080\u0002csubprocess\nPopen\n)\u0081.", "subprocess.Popen", "newobj")]
    [InlineData("\u0080\u0004csubprocess\nPopen\n)}\u0092.", "subprocess.Popen", "newobj_ex")]
    [InlineData("\u0080\u0004ccopyreg\n__newobj_ex__\n.", "copyreg.__newobj_ex__", "copyreg")]
    [InlineData("ccopy_reg\n_reconstructor\n(cos\nsystem\nc__builtin__\nobject\nNtR.", "os.system", "reconstructor")]
    [InlineData("\u0080\u0002\u0082\u0001.", "extension code 1", "ext1")]
    [InlineData("\u0080\u0002\u0083\u0001\u0001.", "extension code 257", "ext2")]
    [InlineData("\u0080\u0002\u0084\u0001\u0000\u0000\u0001.", "extension code 16777217", "ext4")]
    [InlineData("c__builtin__\nset\n.", "__builtin__.set", "a listed class as a value")]
    [InlineData("](c__builtin__\nobject\ne.", "__builtin__.object", "a listed class in a list")]
    public void Well_known_exploits_are_refused_by_the_name_of_what_they_ask_for(string pickle, string named, string form)
    {
        var serializer = new SerializerHandle(_session, "Pickle");
        byte[] bytes = Encoding.Latin1.GetBytes(pickle);
        Assert.Equal("TypeNotAllowed", serializer.Refusal(bytes));
        string message = _session.RunForError("ConvertFrom-IpcData $bytes Pickle", ("bytes", bytes)).Exception.Message;
        Assert.True(message.Contains($"'{named}'", StringComparison.Ordinal), $"{form}: {message}");
        Assert.False(File.Exists("/tmp/psipc-pwned"));
    }

    [Fact]
    public void The_exploit_that_Python_itself_runs_is_inert_data_even_where_unknown_classes_are_allowed()
    {
        string python = PythonProgram.Required;
        string flag = Path.Combine(Path.GetTempPath(), $"psipc-exploit-{Guid.NewGuid():N}");
        const string Script = """
            import os, pickle, sys
            flag = sys.stdin.readline().strip()
            class Exploit:
                def __reduce__(self): return os.system, ('touch ' + flag,)
            data = pickle.dumps(Exploit())
            print(data.hex())
            pickle.loads(data)
            print(os.path.exists(flag)); os.remove(flag)
            """;
        string[] lines = PythonProgram.Ask(python, Script, [flag]);
        Assert.Equal("True", lines[1]);
        byte[] bytes = Convert.FromHexString(lines[0]);
        Assert.Equal("TypeNotAllowed", new SerializerHandle(_session, "Pickle").Refusal(bytes));
        var made = (System.Management.Automation.PSObject)new SerializerHandle(_session, 4, allowUnknown: true).Read(bytes)!;
        Assert.Equal(("posix.system", "touch " + flag), (made.TypeNames[0], made.Properties["Item1"].Value));
        Assert.False(File.Exists(flag));
    }

    [Theory]
    [InlineData("P1\n.", "persid")]
    [InlineData("\u0080\u0004K\u0001Q.", "binpersid")]
    [InlineData("\u0080\u0005\u0097.", "an out-of-band buffer")]
    [InlineData("\u0080\u0005K\u0001\u0098.", "a read-only one")]
    [InlineData("\u0080\u0006N.", "a protocol that does not exist")]
    [InlineData("", "nothing")]
    [InlineData(".", "an empty stack")]
    [InlineData("N", "no end")]
    [InlineData("N.N", "bytes after the end")]
    [InlineData("\u0080\u0004X\u00ff\u00ff\u00ff\u00ff.", "a text of 4 GB")]
    [InlineData("\u0080\u0004\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f.", "a text beyond all memory")]
    [InlineData("\u0080\u0004\u008e\u0000\u0000\u0000\u0080\u0000\u0000\u0000\u0000.", "bytes of 2 GB")]
    [InlineData("\u0080\u0005\u0096\u00ff\u00ff\u00ff\u00ff\u0000\u0000\u0000\u0000.", "a bytearray of 4 GB")]
    [InlineData("\u0080\u0004\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffN.", "a frame beyond all memory")]
    [InlineData("\u0080\u0002\u008b\u00ff\u00ff\u00ff\u007f\u0001.", "a number of 2 GB")]
    [InlineData("\u0080\u0002\u008b\u00ff\u00ff\u00ff\u00ff\u0001.", "a number of negative length")]
    [InlineData("T\u00ff\u00ff\u00ff\u00ffa.", "a text of negative length")]
    [InlineData("N0t.", "a mark that is not there")]
    [InlineData("(0e.", "a pop that takes the mark")]
    [InlineData("](N(ee.", "an append below a mark")]
    [InlineData("h\u0005.", "an entry of the memo that is not there")]
    [InlineData("g-1\n.", "a negative one")]
    [InlineData("}(Nu.", "a key without a value")]
    [InlineData("NNa.", "an append to None")]
    [InlineData("KNs.", "too little on the stack")]
    [InlineData("\u0080\u0004\u008f(]\u0090h\u0009.", "a set of a list, and a bad reference")]
    [InlineData("\u0080\u0004\u008c\u0001\u00ff.", "a text that is not UTF-8")]
    [InlineData("\u0080\u0004Nb.", "state without an object")]
    [InlineData("\u0080\u0004]}b.", "state of a list")]
    [InlineData("\u0080\u0004cuuid\nUUID\n)\u0081.", "a UUID that is never built")]
    [InlineData("\u0080\u0004](cuuid\nUUID\n)\u0081\u0094e.", "one in a list")]
    [InlineData("\u0080\u0004cuuid\nUUID\n)\u0081}\u008c\u0003intJ\u00ff\u00ff\u00ff\u00ffsb.", "a negative UUID")]
    [InlineData("\u0080\u0004cdatetime\ndatetime\nC\u000a\u0007\u00ea\u000d\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0085R.", "month 13")]
    [InlineData("\u0080\u0004cdatetime\ntimedelta\nJ\u00ff\u00ff\u00ff\u007fK\u0000K\u0000\u0087R.", "a timedelta of 2 thousand million days")]
    [InlineData("\u0080\u0004cdecimal\nDecimal\n\u008c\u0002$1\u0085R.", "a Decimal with a currency")]
    [InlineData("\u0080\u0004cnumpy\ndtype\n\u008c\u0003f88\u0085R.", "an unknown dtype")]
    [InlineData("\u0080\u0004cnumpy\ndtype\n\u008c\u0002f8\u0085R.", "a dtype as a value")]
    public void Impossible_pickles_are_refused_with_little_memory(string pickle, string what)
    {
        var serializer = new SerializerHandle(_session, "Pickle");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(serializer.Refusal(Encoding.Latin1.GetBytes(pickle)) == "CorruptData", what);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Every_beginning_of_a_pickle_is_refused()
    {
        var serializer = new SerializerHandle(_session, "Pickle");
        byte[] whole = serializer.Write(_session.Run("@{ a = 1, 'x', 1.5d; g = [guid]::Empty; d = [datetime]::UtcNow; n = [bigint]::Pow(3, 90) }")[0]);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Equal("CorruptData", serializer.Refusal(whole[..length]));
        }
    }

    [Fact]
    public void Nesting_without_end_is_refused_however_it_is_made()
    {
        AssertRefused([.. Repeat("]", 1_000_000), .. Repeat("a", 999_999), (byte)'.'], "lists on the stack");
        AssertRefused(Repeat("(", 1_000_000), "marks");
        AssertRefused([(byte)'N', .. Repeat("\u0085", 1_000_000), (byte)'.'], "tuples");
        AssertRefused([.. "]q\0"u8, .. Repeat("]q\u0001h\0aq\0", 100_000), (byte)'.'], "lists by way of the memo");
        AssertRefused([(byte)'N', .. Repeat("q\0}Nh\0s", 100_000), (byte)'.'], "dicts by way of the memo");
        AssertRefused([.. Latin1("\u0080\u0004N"), .. Repeat("q\0(h\0\u0091", 100_000), (byte)'.'], "frozen sets");
    }

    [Fact]
    public void What_Python_nests_as_deeply_as_it_can_is_read()
    {
        var serializer = new SerializerHandle(_session, "Pickle");
        Assert.Null(serializer.Refusal([.. Repeat("]", 900), .. Repeat("a", 899), (byte)'.']));
    }

    [Fact]
    public void Bombs_of_the_memo_stay_small_or_are_refused()
    {
        // A thousand million laughs: lists of ten times the one before. As data it is ten references a level, and stays so.
        byte[] laughs = [.. "]q\0"u8, .. Repeat("](h\0h\0h\0h\0h\0h\0h\0h\0h\0h\0eq\0", 500), (byte)'.'];
        Assert.Null(Bounded(laughs));

        // The same with tuples as a key: to hash it would take 10 to the 500th steps.
        AssertRefused([.. ")q\0}"u8, (byte)'0', .. Repeat("(h\0h\0h\0h\0h\0h\0h\0h\0h\0h\0tq\0", 500), (byte)'0', .. "}h\0Ns."u8], "a key of tuples");
        AssertRefused([.. Latin1("\u0080\u0004)q\0"), .. Repeat("(h\0h\0h\0h\0h\0h\0h\0h\0h\0h\0tq\0", 30), .. Latin1("0(h\0\u0091.")], "a frozen set of tuples");

        // 30 KB of bytes, copied 300,000 times; a list made into as many sets; one long key again and again.
        byte[] block = Latin1("\u0080\u0004B\0\u0075\0\0" + new string('x', 0x7500) + "q\0" + "0c__builtin__\nbytearray\nq\u00010");
        AssertRefused([.. block, (byte)'(', .. Repeat("h\u0001h\0\u0085R", 300_000), (byte)'l', (byte)'.'], "bytearrays");
        byte[] list = [.. Latin1("\u0080\u0004]q\0("), .. Repeat("N", 30_000), .. Latin1("e0c__builtin__\nfrozenset\nq\u00010")];
        AssertRefused([.. list, (byte)'(', .. Repeat("h\u0001h\0\u0085R", 300_000), (byte)'l', (byte)'.'], "frozen sets of one list");
        byte[] key = Latin1("X\0\0\u0010\0" + new string('k', 1 << 20) + "q\00}(");
        AssertRefused([.. key, .. Repeat("h\0N", 1_000_000), (byte)'u', (byte)'.'], "one long key");
    }

    [Fact]
    public void Numbers_that_all_have_the_same_simple_hash_do_not_collide()
    {
        // i * (2^32 + 1): high and low halves cancel each other out in .NET's own hash of Int64.
        byte[] keys = [.. Latin1("\u0080\u0004}("), .. Enumerable.Range(1, 200_000).SelectMany(i => (byte[])[0x8a, 8, .. BitConverter.GetBytes(((long)i << 32) | (uint)i), (byte)'N']), .. "u."u8];
        Assert.Null(Bounded(keys));

        // The same of the bits of fractions.
        byte[] fractions = [.. Latin1("\u0080\u0004}("), .. Enumerable.Range(1, 200_000).SelectMany(i => (byte[])[(byte)'G', 0x3f, (byte)(i >> 16), (byte)(i >> 8), (byte)i, 0x3f, (byte)(i >> 16), (byte)(i >> 8), (byte)i, (byte)'N']), .. "u."u8];
        Assert.Null(Bounded(fractions));
    }

    [Fact]
    public void Distant_entries_of_the_memo_take_no_room()
    {
        Assert.Null(Bounded(Latin1("Nr\u00ff\u00ff\u00ff\u00ff0j\u00ff\u00ff\u00ff\u00ff.")));
        Assert.Null(Bounded([.. Enumerable.Range(0, 1000).SelectMany(i => (byte[])[(byte)'N', (byte)'r', .. BitConverter.GetBytes(i * 4_000_000), (byte)'0']), .. "N."u8]));
    }

    [Fact]
    public void Shapes_of_arrays_beyond_their_bytes_are_refused()
    {
        const string Array = "\u0080\u0004cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\u0085C\u0001btR(K\u0001SHAPEcnumpy\ndtype\n\u008c\u0002f8\u0085R\u0089DATAtb.";
        string Of(string shape, string data) => Array.Replace("SHAPE", shape, StringComparison.Ordinal).Replace("DATA", data, StringComparison.Ordinal);
        Assert.Null(Bounded(Latin1(Of("K\u0001\u0085", "C\u0008\0\0\0\0\0\0\0\0"))));
        AssertRefused(Latin1(Of("J\u00ff\u00ff\u00ff\u007f\u0085", "C\u0008\0\0\0\0\0\0\0\0")), "a shape of 2 thousand million");
        AssertRefused(Latin1(Of("J\u00ff\u00ff\u00ff\u00ff\u0085", "C\0")), "a negative shape");
        AssertRefused(Latin1(Of("J\u00ff\u00ff\u00ff\u007fJ\u00ff\u00ff\u00ff\u007fK\0\u0087", "C\0")), "a large shape with a 0");
        AssertRefused(Latin1(Of("(" + string.Concat(Enumerable.Repeat("K\u0001", 40)) + "t", "C\u0008\0\0\0\0\0\0\0\0")), "40 dimensions");
        AssertRefused(Latin1(Of("K\u0001\u0085", "C\u0007\0\0\0\0\0\0\0")), "a byte too few");
    }

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] Repeat(string text, int count)
    {
        byte[] one = Latin1(text);
        byte[] all = new byte[one.Length * count];
        for (int i = 0; i < count; i++)
        {
            one.CopyTo(all, i * one.Length);
        }

        return all;
    }

    private void AssertRefused(byte[] pickle, string what) => Assert.True(Bounded(pickle) == "CorruptData", what);

    /// <summary>The refusal, if any; within a few seconds and 64 MB and 100 bytes for each of the pickle's, or the test fails.</summary>
    private string? Bounded(byte[] pickle)
    {
        var serializer = new SerializerHandle(_session, "Pickle");
        long allocated = 0;
        string? refusal = null;
        var thread = new Thread(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            refusal = serializer.Refusal(pickle);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        thread.IsBackground = true;
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromMinutes(1)), "a pickle takes for ever");
        Assert.InRange(allocated, 0, MostAllocated + (100L * pickle.Length));
        return refusal;
    }
}
