namespace PSIpc.Tests;

/// <summary>Blocks of memory and values of texts and structures, as a user calls them.</summary>
public sealed class SharedMemoryTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void A_stream_reads_and_writes_the_block_and_keeps_its_length()
    {
        object?[] output = _session.RunCleanly("""
            $m = New-SharedMemory -Size 10
            $s = $m.OpenStream(); $s.CanRead, $s.CanWrite, $s.CanSeek, $s.Length
            $s.Write([byte[]](1, 2, 3), 0, 3); $s.Position
            $null = $s.Seek(-2, 'End'); $s.WriteByte(9); $m.ReadBytes() -join ','
            $other = (Get-SharedMemory $m.Name).OpenStream(); $buffer = [byte[]]::new(20); $other.Read($buffer, 0, 20), $buffer[2], $other.Read($buffer, 0, 20), $other.ReadByte()
            try { $s.Write([byte[]](1, 2, 3), 0, 3) } catch { 'full' }
            try { $s.SetLength(20) } catch { 'fixed' }
            try { $s.Position = -1 } catch { 'no such place' }
            $m.ReadBytes(8, 2) -join ','
            $s.Position = 0; $writer = [IO.BinaryWriter]::new($s); $writer.Write(258); $m.Read[int](0)
            $copy = [IO.MemoryStream]::new(); $s.Position = 0; $s.CopyTo($copy); $copy.Length
            $m.Dispose(); try { $null = $s.ReadByte() } catch { 'closed' }
            """);
        Assert.Equal([true, true, true, 10L, 3L, "1,2,3,0,0,0,0,0,9,0", 10, (byte)3, 0, -1, "full", "fixed", "no such place", "9,0", 258, 10L, "closed"], output);
    }

    [Fact]
    public void Every_type_is_read_and_written_at_any_place()
    {
        object?[] output = _session.RunCleanly("""
            $m = New-SharedMemory -Size 100
            foreach ($type in 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Half', 'Single', 'Double', 'Decimal', 'Int128', 'UInt128') { $m.Write($type, 3, 65); $v = $m.Read($type, 3); if ($v.GetType().Name -ne $type -or $v -ne 65) { "$type $v" } }
            $m.Write('Boolean', 3, $true); $m.Read('Boolean', 3); $m.Write('Char', 3, 'x'); $m.Read('Char', 3); $m.Write('Complex', 3, [Numerics.Complex]::new(1, 2)); $m.Read('Complex', 3).Imaginary
            $m.Write[long](91, -5); $m.Read[long](91)
            try { $m.Write[long](93, 1) } catch { 'beyond the end' }
            Remove-SharedMemory $m
            """);
        Assert.Equal([true, 'x', 2.0, -5L, "beyond the end"], output);
    }

    [Fact]
    public void A_view_of_a_structure_has_its_members_as_properties()
    {
        object?[] output = _session.RunCleanly("""
            $m = New-SharedMemory -Size 256
            $v = $m.View('struct VIn { int16_t p[3]; }; struct View1 { uint32_t flags : 4, rest : 28; double d; char name[8]; struct VIn in; union { int32_t i; float f; } u; };', 16)
            $v.flags = 5; $v.rest = 1000; $v.d = 1.5; $v.name = 'abc'; $v.in.p = 1, 2, 3; $v.u.i = 0x3f800000
            $again = (Get-SharedMemory $m.Name).View('View1', 16)
            $again.flags, $again.rest, $again.d, $again.name, ($again.in.p -join ','), $again.u.f
            ($v.PSObject.Properties.Name) -join ','
            $m.Read[uint](16)
            try { $v.flags = 16 } catch { 'too large' }
            try { $m.View('View1', 250) } catch { 'beyond the end' }
            Remove-SharedMemory $m
            """);
        Assert.Equal([5u, 1000u, 1.5, "abc", "1,2,3", 1.0f, "flags,rest,d,name,in,u", 5u + (1000u << 4), "too large", "beyond the end"], output);
    }

    [Fact]
    public void Values_can_be_texts_and_structures_of_a_fixed_capacity()
    {
        object?[] output = _session.RunCleanly("""
            $t = New-SharedValue -Value 'äöü' -Capacity 6
            $t.Value, $t.Capacity, $t.Type
            try { $t.Value = 'äöüx' } catch { 'too long' }
            $t.Value; $t.Value = ''; $t.Value.Length
            try { $null = $t.Add('x') } catch { 'texts are not added to' }
            Update-SharedValue $t { "$_" + 'ab' } -PassThru
            $s = New-SharedValue -Type 'struct Pos { int32_t x, y; char tag[4]; };' -Value @{ x = 1; y = 2; tag = 'a' }
            $s.Type, $s.Value.x, $s.Value.tag
            $before = $s.Exchange(@{ x = 5; y = 6; tag = 'bb' }); $before.y, $s.Value.y
            $seen = $s.CompareExchange(@{ x = 0 }, @{ x = 5; y = 6; tag = 'zz' }); $seen.x, $s.Value.x
            $null = $s.CompareExchange(@{ x = 7; y = 6; tag = 'bb' }, @{ x = 5; y = 6; tag = 'bb' }); $s.Value.x
            Update-SharedValue $s { $_.x++; $_ }; $s.Value.x
            $copy = $s.Value; $copy.x = 99; $s.Value.x
            try { $s.Value = @{ q = 1 } } catch { 'no such member' }
            Set-SharedValue $s @{ x = -1; y = 0; tag = '' }; (Get-SharedValue $s.Name).Value.x
            Remove-SharedValue $s, $t
            """);
        Assert.Equal(["äöü", 6, "String", "too long", "äöü", 0, "texts are not added to", "ab", "Pos", 1, "a", 2, 6, 5, 5, 7, 8, 8, "no such member", -1], output);
    }
}
