namespace PSIpc.Tests;

/// <summary>Arrays and blocks of memory as a user calls them.</summary>
public sealed class SharedArrayTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Elements_are_set_and_read_by_one_and_several_indices_from_both_ends()
    {
        object?[] output = _session.RunCleanly("""
            $a = New-SharedArray -Length 5
            $a[0] = 1.5; $a[-1] = 7
            $a[0], $a[4], $a[-5]
            $a[0..2] -join ','
            $a[0,4] -join ','
            $m = New-SharedArray -Shape 3,4 -Type Int32
            $m[1,2] = 42; $m[-1] = 1,2,3,4; $m[0] = 9
            $m[1,2], $m[-1,-1], $m[2].Sum(), $m[0].Sum(), $m.Rank
            $d = New-SharedArray -Shape 2,2,2,2,2 -Type long
            $d[(1,1,1,1,1)] = 5; $d[1,1,1,1].Sum()
            Remove-SharedArray $a; Remove-SharedArray $m; Remove-SharedArray $d
            """);
        Assert.Equal([1.5, 7.0, 1.5, "1.5,0,0", "1.5,7", 42, 4, 10L, 36L, 2, 5L], output);
    }

    [Theory]
    [InlineData("SByte", "-3", "4", 1L)]
    [InlineData("Byte", "250", "250", 500UL)]
    [InlineData("Int16", "-30000", "-30000", -60000L)]
    [InlineData("UInt16", "65535", "65535", 131070UL)]
    [InlineData("Int32", "[int]::MaxValue", "[int]::MaxValue", 4294967294L)]
    [InlineData("UInt32", "[uint]::MaxValue", "1", 4294967296UL)]
    [InlineData("Int64", "[long]::MaxValue", "-1", long.MaxValue - 1)]
    [InlineData("UInt64", "[ulong]::MaxValue", "0", ulong.MaxValue)]
    [InlineData("Single", "0.5", "0.25", 0.75)]
    [InlineData("Half", "0.5", "0.25", 0.75)]
    [InlineData("Double", "0.1", "0.2", 0.1 + 0.2)]
    [InlineData("Boolean", "$true", "$true", 2UL)]
    public void Every_type_keeps_its_values_and_sums_exactly(string type, string first, string second, object sum)
    {
        object?[] output = _session.RunCleanly(
            $$"""
            $a = New-SharedArray -Length 3 -Type {{type}}
            $a[0] = {{first}}; $a[1] = {{second}}
            $a.Sum(); $a.Type.ToString(); $a[0].GetType().Name
            $a.ToArray().GetType().Name
            Remove-SharedArray $a
            """);
        Assert.Equal([sum, type, type, type + "[]"], output);
    }

    [Fact]
    public void Types_of_16_bytes_and_characters_keep_their_values()
    {
        object?[] output = _session.RunCleanly("""
            foreach ($type in [Int128], [UInt128]) {
                $a = New-SharedArray -Length 3 -Type $type.Name; $a[0] = $type::MinValue; $a[1] = $type::MaxValue; $a[2] = 5
                ($a[0] -eq $type::MinValue), ($a[1] -eq $type::MaxValue), $a.Sum().ToString(), "$($a.Min())", "$($a.Max())", $a.ToArray().GetType().Name
                Remove-SharedArray $a
            }
            $d = New-SharedArray -InputObject ([decimal[]](0.1, 0.2)); $d.Sum(), $d.Min(), $d.Max(), $d.ToArray().GetType().Name
            $c = New-SharedArray -Length 2 -Type Complex; $c[0] = [Numerics.Complex]::new(1, 2); $c[1] = 3; $c.Sum().Real, $c.Sum().Imaginary, $c.ElementSize
            $t = New-SharedArray -InputObject ([char[]]'zaäß'); -join $t.ToArray(); $t.Min(), $t.Max(), $t[0].GetType().Name; $t.Fill('q'); -join $t.ToArray()
            $o = New-SharedArray -Length 3 -Type Boolean; $o[1] = $true; $o.Sum(), ($o.ToArray() -join ',')
            Remove-SharedArray $d; Remove-SharedArray $c; Remove-SharedArray $t; Remove-SharedArray $o
            """);
        Assert.Equal(
            [
                true, true, "4", $"{Int128.MinValue}", $"{Int128.MaxValue}", "Int128[]",
                true, true, "340282366920938463463374607431768211460", "0", $"{UInt128.MaxValue}", "UInt128[]",
                0.3m, 0.1m, 0.2m, "Decimal[]", 4.0, 2.0, 16, "zaäß", 'a', 'ä', "Char", "qqqq", 1UL, "False,True,False",
            ],
            output);
    }

    [Fact]
    public void Sums_beyond_64_bits_are_big_integers_and_of_large_arrays_exact()
    {
        object?[] output = _session.RunCleanly("""
            $a = New-SharedArray -Length 100000 -Type Int64
            $a.Fill([long]::MaxValue)
            $a.Sum().ToString()
            $a.Fill(-3); $a[70000] = 8; $a[3] = -9
            $a.Sum(), $a.Min(), $a.Max()
            $e = New-SharedArray -Length 2 -Type Decimal; $e[0] = 1.25d; $e.Sum()
            Remove-SharedArray $a; Remove-SharedArray $e
            """);
        Assert.Equal(["922337203685477580700000", -299995L, -9L, 8L, 1.25m], output);
    }

    [Fact]
    public void Copies_and_views_are_what_they_say()
    {
        object?[] output = _session.RunCleanly("""
            $a = New-SharedArray -InputObject (1..10)
            $a.Type.ToString(), $a.Sum()
            $s = $a.Slice(2, 3); $s[0] = 100; $a[2]; $s.Length
            $s.Slice(-1, 1)[0]
            $a.CopyFrom([int[]](7, 8), 8); $a[8], $a[9]
            $a.CopyFrom((New-SharedArray -InputObject ([int[]](5, 6))), 0); $a[1]
            $target = [int[]]::new(12); $a.CopyTo($target, 1); $target[1]
            $m = New-SharedArray -InputObject ([double[,]]::new(2, 3)); $m.Shape -join 'x'
            $m[1,1] = 4; $m.ToArray()[1,1]
            ($a | ForEach-Object { $_ * 2 }).Count
            Remove-SharedArray $a; Remove-SharedArray $m
            """);
        Assert.Equal(["Int32", 55L, 100, 3L, 5, 7, 8, 6, 5, "2x3", 4.0, 10], output);
    }

    [Theory]
    [InlineData("$a[5] = 1", "InvalidArgument")]
    [InlineData("$a.GetValue(-6)", "InvalidArgument")]
    [InlineData("$a[0] = 'x'", "InvalidArgument")]
    [InlineData("$a[0] = $null", "InvalidArgument")]
    [InlineData("$a['q'] = 1", "InvalidArgument")]
    [InlineData("$a[0,1,2] = 1", "InvalidArgument")]
    [InlineData("$a.CopyFrom((1..6))", "InvalidArgument")]
    [InlineData("$a.CopyFrom(1)", "InvalidArgument")]
    [InlineData("$a.Slice(3, 3)", "InvalidArgument")]
    [InlineData("$a.CopyTo([int[]]::new(9))", "InvalidArgument")]
    [InlineData("(New-SharedArray -Length 0).Max()", "InvalidArgument")]
    [InlineData("(New-SharedArray -Length 2 -Type Char).Sum()", "NotSupported")]
    [InlineData("$r[0] = 1", "PermissionDenied")]
    [InlineData("$p[0].x = 1", "PermissionDenied")]
    [InlineData("$k.WriteBytes(0, [byte[]](1))", "PermissionDenied")]
    [InlineData("$k.OpenStream().WriteByte(1)", "PermissionDenied")]
    [InlineData("$k.ReadBytes(99, 2)", "InvalidArgument")]
    public void Wrong_use_is_an_error_and_changes_nothing(string script, string kind)
    {
        object?[] output = _session.RunCleanly($$"""
            $a = New-SharedArray -Length 5; $a.Fill(3)
            $r = Get-SharedArray $a.Name -ReadOnly
            $ps = New-SharedArray -Length 1 -Type 'struct P1 { int x; };'
            $p = Get-SharedArray $ps.Name -ReadOnly
            $memory = New-SharedMemory -Size 100
            $k = Get-SharedMemory $memory.Name -ReadOnly
            $found = $null
            try { {{script}} } catch { $found = $_.Exception }
            while ($found -isnot [PSIpc.Core.IpcException]) { $found = $found.InnerException }
            "$($found.Kind)"; $a.Sum(); $ps[0].x; $memory.Read('Int32', 0)
            Remove-SharedArray $a; Remove-SharedArray $ps; Remove-SharedMemory $memory
            """);
        Assert.Equal([kind, 15.0, 0, 0], output);
    }

    [Theory]
    [InlineData("New-SharedArray psipc.x -Length 3", "IpcInvalidName")]
    [InlineData("New-SharedArray -Length 1000000000000000000", "IpcOutOfMemory")]
    [InlineData("New-SharedArray -Length 1000000000000", "IpcOutOfMemory")]
    [InlineData("New-SharedArray -InputObject 5", "IpcInvalidArgument")]
    [InlineData("Get-SharedArray no-such-array -Type Double -Shape 3", "IpcNotFound")]
    [InlineData("New-SharedValue -Value (1, 2)", "IpcInvalidArgument")]
    public void Errors_have_their_ids(string script, string id) =>
        Assert.Equal(id, _session.RunForError(script).FullyQualifiedErrorId.Split(',')[0]);

    [Fact]
    public void C_structures_are_views_of_the_memory()
    {
        object?[] output = _session.RunCleanly("""
            $null = New-CStruct 'struct Inner { short a, b; }; struct Cell { int x; double y; char n[8]; unsigned f : 3; struct Inner in; };'
            $a = New-SharedArray -Length 3 -Type Cell
            $a[1].x = 5; $a[1].n = 'hi'; $a[1].f = 6; $a[1].in.b = -2; $a[0] = @{ y = 2.5 }
            $other = [PSIpc.SharedArray]::Open($a.Name)
            $other[1].x, $other[1].n, $other[1].f, $other[1].in.b, $other[0].y, $other.Type.Name
            $copy = $a.ToArray(); $copy[1].x = 9; $a[1].x
            Remove-SharedArray $a
            $m = New-SharedMemory -Size 1KB
            $v = $m.View('Cell', 64); $v.y = 1.25; $m.Read[double](72)
            $m.Write[int](64, 77); $v.x
            $stream = $m.OpenStream(); $stream.Position = 64; $stream.ReadByte(), $stream.Length
            $m.WriteBytes(0, [byte[]](1, 2, 3)); $m.ReadBytes(1, 2) -join ','
            Remove-SharedMemory $m
            """);
        Assert.Equal([5, "hi", 6u, (short)-2, 2.5, "Cell", 5, 1.25, 77, 77, 1024L, "2,3"], output);
    }

    [Fact]
    public void Values_have_atomic_operations_and_fixed_types()
    {
        object?[] output = _session.RunCleanly("""
            $v = New-SharedValue -Value 5
            $v.Type, $v.Add(2), $v.Exchange(9), $v.CompareExchange(1, 8), $v.CompareExchange(1, 9), $v.Value
            $t = New-SharedValue -Value 'hello'; $t.Value = 'wörld'; $t.Value, $t.CompareExchange('x', 'wörld'), $t.Value
            $b = New-SharedValue -Value 200 -Type Byte
            try { $b.Add(100) } catch { 'too large' }
            $b.Value
            Update-SharedValue $v { $_ * 10 } -PassThru
            (New-SharedValue "negative-$PID" -1).Type, (New-SharedValue -Value -2.5).Value, (New-SharedValue -Value -3 -Type String).Value
            Set-SharedValue $v 4; (Get-SharedValue $v.Name).Value
            Remove-SharedValue $v, $t, $b
            """);
        Assert.Equal(["Int32", 7, 7, 9, 9, 1, "wörld", "wörld", "x", "too large", (byte)200, 10, "Int32", -2.5, "-3", 4], output);
    }
}
