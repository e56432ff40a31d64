namespace PSIpc.Tests;

/// <summary>Arrays of more than 2 GB and of more than 2^31 elements, as a user calls them.</summary>
[Trait("Tier", "Long")]
public sealed class LargeArrayTests : IDisposable
{
    private const long Room = 4L << 30;

    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void More_than_two_to_the_31_elements()
    {
        SkipWithoutRoom();
        object?[] output = _session.RunCleanly("""
            $a = New-SharedArray -Length (2GB + 16) -Type Byte
            $a.Fill(1); $a.Length, $a.Sum()
            $a[-1] = 7; $a.GetValue(2GB + 15); $a[2GB + 15], $a.Max()
            $s = $a.Slice(2GB, 16); $s.Fill(3); $a[2GB], $a[2GB - 1], $a.Sum()
            $a.CopyFrom([byte[]](9, 8), 2GB + 14); $a[-2], $a[-1]
            $r = Get-SharedArray $a.Name -ReadOnly; $r[-2], $r.Length
            try { $null = $a.ToArray() } catch { 'no .NET array' }
            $r.Slice(-4, 4).ToArray() -join ','
            foreach ($element in $r) { $element; break }
            Remove-SharedArray $a; $a.Dispose(); $r.Dispose()
            """);
        const ulong Ones = (2UL << 30) + 16;
        Assert.Equal(
            [(2L << 30) + 16, Ones, (byte)7, (byte)7, (byte)7, (byte)3, (byte)1, Ones + (16 * 2), (byte)9, (byte)8, (byte)9, (2L << 30) + 16, "no .NET array", "3,3,9,8", (byte)1],
            output);
    }

    [Fact]
    public void More_than_two_gigabytes()
    {
        SkipWithoutRoom();
        object?[] output = _session.RunCleanly("""
            $a = New-SharedArray -Shape 3,89500000
            $a.Size, $a[2].Length
            $a[2, -1] = 5; $a[1].Fill(0.5); $a.Sum(), $a.Max()
            $a[0] = $a[2]; $a[0, -1]
            Remove-SharedArray $a; $a.Dispose()
            """);
        Assert.Equal([2_148_000_000L, 89_500_000L, 44_750_005.0, 5.0, 5.0], output);
    }

    private static void SkipWithoutRoom()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "this system has no /dev/shm");
        long room = Math.Min(new DriveInfo("/dev/shm").AvailableFreeSpace, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);
        Assert.SkipUnless(room > Room, $"there are {room:N0} bytes for shared memory");
    }
}
