using System.Diagnostics;
using System.Reflection;

namespace PSIpc.Tests;

/// <summary>What was opened read-only: every way to write it is an error, nothing is written, and the process lives.</summary>
public sealed class ReadOnlyMemoryTests : IDisposable
{
    private const string Setup = """
        $null = New-CStruct 'struct RoIn { short a; }; struct RoCell { int x; unsigned f : 3; char n[4]; struct RoIn in; };'
        $a = New-SharedArray -Length 5; $a.Fill(3); $ra = Get-SharedArray $a.Name -ReadOnly
        $m = New-SharedArray -Shape 2,3 -Type Int32; $m.Fill(4); $rm = Get-SharedArray $m.Name -ReadOnly
        $c = New-SharedArray -Length 2 -Type RoCell; $c[0] = @{ x = 5; f = 1; n = 'ab'; in = @{ a = 6 } }; $rc = Get-SharedArray $c.Name -ReadOnly
        $b = New-SharedMemory -Size 64; $b.WriteBytes(0, [byte[]](1..64)); $rb = Get-SharedMemory $b.Name -ReadOnly
        $foreign = Get-SharedArray $b.Name -Type Byte -Shape 64 -Offset $b.DataOffset -ReadOnly
        $foreignMemory = [PSIpc.SharedMemory]::OpenForeign($b.Name, $true)
        function State { "$($a.Sum()) $($m.Sum()) $($c[0].x) $($c[0].f) $($c[0].n) $($c[0].in.a) $($b.ReadBytes() -join ',')" }
        """;

    private static readonly string[] Writes =
    [
        "$ra[0] = 1", "$ra[-1] = 1", "$ra[0,1] = 1", "$ra[0..2] = 1", "$ra.SetValue(0, 1)", "$ra.Fill(1)", "$ra.CopyFrom((1, 2))", "$ra.CopyFrom([double[]](1, 2))", "$ra.CopyFrom($a)",
        "$ra.Slice(0, 2)[0] = 1", "$ra.Slice(0, 2).Fill(1)", "$ra.Slice(1, 2).SetValue(0, 1)", "$ra.Slice(1, 2).CopyFrom([double[]](1, 2))",
        "$rm[0,0] = 1", "$rm[0] = 1", "$rm[0] = 1, 2, 3", "$rm[0][1] = 1", "$rm[1].Fill(2)", "$rm[-1].SetValue(0, 9)",
        "$rc[0] = @{ x = 1 }", "$rc[0].x = 1", "$rc[0].f = 2", "$rc[0].n = 'z'", "$rc[0].in.a = 1", "$rc[0].in = @{ a = 1 }", "$rc.SetValue(0, @{ x = 1 })", "$rc.Fill(@{ x = 1 })", "$rc.CopyFrom((@{ x = 1 }, @{ x = 2 }))",
        "$rb.WriteBytes(0, [byte[]](9))", "$rb.Write[int](0, 9)", "$rb.Write('Int32', 0, 9)", "$rb.Write('RoCell', 0, @{ x = 9 })", "$rb.Read('RoCell', 0).x = 9", "$rb.View('RoCell').x = 9", "$rb.View('RoCell', 8).in.a = 9",
        "$rb.OpenStream().WriteByte(9)", "$rb.OpenStream().Write([byte[]](9), 0, 1)", "$rb.OpenStream().WriteAsync([byte[]](9), 0, 1).GetAwaiter().GetResult()",
        "$w = [IO.StreamWriter]::new($rb.OpenStream()); $w.Write('x'); $w.Flush()", "$rb.OpenStream().SetLength(9)",
        "$foreign[0] = 9", "$foreign.Fill(9)", "$foreign.CopyFrom([byte[]](9))", "$foreignMemory.WriteBytes(0, [byte[]](9))", "$foreignMemory.Write[int](0, 9)", "$foreignMemory.OpenStream().WriteByte(9)",
    ];

    private readonly PowerShellSession _session = new();

    private delegate Span<T> SpanMethod<T>();

    private delegate Span<byte> BytesMethod(long at, int count);

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Every_way_to_write_is_an_error_and_the_process_lives()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other programs' memory opens by name on Linux only");
        string script = Setup + """

            $before = State
            $wrong = foreach ($text in $writes -split '\|') {
                try { . ([scriptblock]::Create($text)); "no error: $text" } catch { }
                if ((State) -cne $before) { "written: $text"; break }
            }
            $wrong
            'lives'
            Remove-SharedArray $a; Remove-SharedArray $m; Remove-SharedArray $c; Remove-SharedMemory $b
            """;
        using Process child = Process.Start(new ProcessStartInfo(TestPaths.Host, ["-Command", $"$writes = @'\n{string.Join('|', Writes)}\n'@\n{script}"]) { RedirectStandardOutput = true })!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.Equal(("lives", 0), (output.Trim(), child.ExitCode));
    }

    [Fact]
    public void A_span_to_write_is_refused_and_one_to_read_is_the_memory()
    {
        object?[] made = _session.RunCleanly(Setup + "\n,$a; ,$ra; $rb");
        SpanMethod<double> writable = Method<SpanMethod<double>>(made[0]!, "AsSpan", typeof(double));
        SpanMethod<double> refused = Method<SpanMethod<double>>(made[1]!, "AsSpan", typeof(double));
        BytesMethod bytes = Method<BytesMethod>(made[2]!, "AsSpan", null);
        writable()[4] = 8;
        Assert.Equal([20.0, 20.0], _session.RunCleanly("$a.Sum(); $ra.Sum()"));
        AssertDenied(() => refused());
        AssertDenied(() => bytes(0, 1));
        AssertKind("InvalidArgument", () => Method<SpanMethod<int>>(made[0]!, "AsSpan", typeof(int))());
        object?[] slice = _session.RunCleanly(",$a.Slice(3, 2)");
        Span<double> part = Method<SpanMethod<double>>(slice[0]!, "AsSpan", typeof(double))();
        Assert.Equal([3.0, 8.0], part.ToArray());
        _session.RunCleanly("Remove-SharedArray $a; Remove-SharedArray $m; Remove-SharedArray $c; Remove-SharedMemory $b");
    }

    private static void AssertDenied(Action write) => AssertKind("PermissionDenied", write);

    /// <summary>The session has types of its own: its exception is no type of this assembly.</summary>
    private static void AssertKind(string kind, Action action)
    {
        Exception error = Assert.ThrowsAny<Exception>(action);
        Assert.Equal(kind, $"{error.GetType().GetProperty("Kind")!.GetValue(error)}");
    }

    private static T Method<T>(object target, string name, Type? element)
        where T : Delegate
    {
        MethodInfo method = target.GetType().GetMethods().Single(m => m.Name == name && m.IsGenericMethodDefinition == element is not null);
        return (element is null ? method : method.MakeGenericMethod(element)).CreateDelegate<T>(target);
    }
}
