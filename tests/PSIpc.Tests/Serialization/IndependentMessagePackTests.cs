using System.Diagnostics;
using CsCheck;

namespace PSIpc.Tests;

/// <summary>Python's msgpack reads what we write of plain data, and we read what it writes.</summary>
public sealed class IndependentMessagePackTests : IDisposable
{
    private const string Program = """
        import datetime, sys, msgpack
        for line in sys.stdin:
            value = msgpack.unpackb(bytes.fromhex(line), timestamp=3, strict_map_key=False, raw=False)
            print(repr(value).encode('ascii', 'backslashreplace').decode(), msgpack.packb(value, use_bin_type=True, datetime=True).hex(), sep='\t')
        """;

    private readonly PowerShellSession _session = new();
    private readonly string? _python = Array.Find(["python3", "/usr/bin/python3"], HasLibrary);

    public IndependentMessagePackTests() => Assert.SkipUnless(_python is not null, "python3 with msgpack is not on this machine");

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("$null", "None")]
    [InlineData("$true", "True")]
    [InlineData("-32", "-32")]
    [InlineData("[int]::MinValue", "-2147483648")]
    [InlineData("[long]::MinValue", "-9223372036854775808")]
    [InlineData("[ulong]::MaxValue", "18446744073709551615")]
    [InlineData("[byte]200", "200")]
    [InlineData("[sbyte]-100", "-100")]
    [InlineData("[int16]-30000", "-30000")]
    [InlineData("[uint16]60000", "60000")]
    [InlineData("1.5", "1.5")]
    [InlineData("[float]0.25", "0.25")]
    [InlineData("[double]::NegativeInfinity", "-inf")]
    [InlineData("'text'", "'text'")]
    [InlineData("'ä' * 40", "'ä…'")]
    [InlineData("'x' * 70000", "'x…'")]
    [InlineData("[byte[]](1, 2, 255)", "b'\\x01\\x02\\xff'")]
    [InlineData("@(1, 'a', $null)", "[1, 'a', None]")]
    [InlineData("@{ k = @(1, @{ n = 2 }) }", "{'k': [1, {'n': 2}]}")]
    [InlineData("[datetime]::new(2026, 11, 24, 3, 4, 5, [DateTimeKind]::Utc)", "datetime.datetime(2026, 11, 24, 3, 4, 5, tzinfo=datetime.timezone.utc)")]
    [InlineData("[datetime]::new(1901, 1, 1, 0, 0, 0, [DateTimeKind]::Utc).AddTicks(10)", "datetime.datetime(1901, 1, 1, 0, 0, 0, 1, tzinfo=datetime.timezone.utc)")]
    public void Plain_data_is_standard(string value, string expected)
    {
        byte[] bytes = (byte[])_session.RunCleanly($"ConvertTo-IpcData ({value})")[0]!;
        (string text, byte[] theirs) = AskPython([bytes])[0];
        string shown = expected.Contains('…', StringComparison.Ordinal) ? expected[..2].Replace("ä", "\\xe4", StringComparison.Ordinal) : expected;
        Assert.StartsWith(shown, text, StringComparison.Ordinal);
        object?[] back = _session.RunCleanly(
            $"$value = {value}; $back = ConvertFrom-IpcData $theirs; (ConvertTo-IpcData $back Json | ForEach-Object {{ [Convert]::ToHexString($_) }}) -eq (ConvertTo-IpcData $value Json | ForEach-Object {{ [Convert]::ToHexString($_) }})",
            ("theirs", theirs));
        Assert.Equal([true], back);
    }

    [Fact]
    public void Random_plain_graphs_go_through_Python_and_back()
    {
        var serializer = new SerializerHandle(_session, "MessagePack");
        var json = new SerializerHandle(_session, "Json");
        var graphs = new List<object?>();
        RandomGraph.For("Json").Where(IsPlain).Sample(graph => graphs.Add(graph), iter: 500, threads: 1);
        (string, byte[] Bytes)[] answers = AskPython([.. graphs.Select(g => serializer.Write(g))]);
        for (int i = 0; i < graphs.Count; i++)
        {
            // Python writes a whole number in the fewest bytes, so its type may be another: as JSON they are the same.
            Assert.Equal(json.Write(graphs[i]), json.Write(serializer.Read(answers[i].Bytes)));
        }
    }

    /// <summary>Whether it has no objects, which are written with an extension of ours.</summary>
    private static bool IsPlain(object? value) => value switch
    {
        System.Management.Automation.PSObject => false,
        object?[] items => items.All(IsPlain),
        _ => true,
    };

    private static bool HasLibrary(string python)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(python, ["-c", "import msgpack"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private (string Text, byte[] Bytes)[] AskPython(byte[][] messages)
    {
        using Process process = Process.Start(new ProcessStartInfo(_python!, ["-c", Program]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Task writing = Task.Run(() =>
        {
            foreach (byte[] message in messages)
            {
                process.StandardInput.WriteLine(Convert.ToHexString(message));
            }

            process.StandardInput.Close();
        });
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        writing.Wait();
        process.WaitForExit();
        Assert.Equal(messages.Length, lines.Length);
        return [.. lines.Select(l => l.Split('\t')).Select(p => (p[0], Convert.FromHexString(p[1])))];
    }
}
