namespace PSIpc.Tests;

/// <summary>What goes in as an item and comes out as a result: nothing, arrays, much, and what cannot travel.</summary>
public sealed class PoolValueTests : PoolTest
{
    [Fact]
    public void Null_items_are_items()
    {
        Assert.Equal([true, false, true], Session.RunCleanly("$null, 1, $null | Invoke-ProcessPool { $null -eq $_ }"));
        Assert.Equal([null, 1, null], Session.Run("$null, 1, $null | Invoke-ProcessPool { , $_ }").Select(o => o?.BaseObject));
        Assert.Equal([true], Session.RunCleanly("Invoke-ProcessPool { $null -eq $_ } -InputObject $null"));
    }

    [Fact]
    public void Arrays_are_items_as_they_come()
    {
        Assert.Equal(["Object[] 2", "Object[] 0", "Object[] 1", "Int32[] 3"], Session.RunCleanly("""
            & { , @(1, 2); , @(); , @(, @(3, 4)); , [int[]](1, 2, 3) } | Invoke-ProcessPool { "$($_.GetType().Name) $($_.Count)" }
            """));
        Assert.Equal([3], Session.RunCleanly("Invoke-ProcessPool { $_.Count } -InputObject (1, 2, 3)"));
        Assert.Equal([2], Session.RunCleanly("& { , @(, @(3, 4)) } | Invoke-ProcessPool { $_[0].Count }"));
    }

    [Fact]
    public void Results_are_enumerated_as_at_the_prompt()
    {
        Assert.Equal([1, 2, 3], Session.RunCleanly("Invoke-ProcessPool { 1, 2, 3 }"));
        Assert.Equal([2, 1], Session.RunCleanly("$r = @(Invoke-ProcessPool { , @(1, 2); , @(, 3) }); $r[0].Count; $r[1].Count"));
        Assert.Empty(Session.RunCleanly("1..3 | Invoke-ProcessPool { @() }"));
        Assert.Equal([null], Session.Run("Invoke-ProcessPool { $null }").Select(o => o?.BaseObject));
    }

    [Fact]
    public void Types_and_properties_arrive()
    {
        object?[] output = Session.RunCleanly("""
            $when = [datetime]::new(2024, 2, 29, 1, 2, 3, [DateTimeKind]::Utc)
            $r = [pscustomobject]@{ N = 'n'; When = $when; Bytes = [byte[]](1, 2); Table = @{ a = 1 }; Version = [version]'1.2'; Id = [guid]::Empty } | Invoke-ProcessPool { $_ }
            $r.N; $r.When -eq $when; $r.Bytes.GetType().Name; $r.Table.a; $r.Version.Minor; $r.Id.GetType().Name
            """);
        Assert.Equal(["n", true, "Byte[]", 1, 2, "Guid"], output);
    }

    [Fact]
    public void Many_large_items_and_results_pass_through()
    {
        Assert.Equal([60L << 20, 30], Session.RunCleanly("""
            $n = 0; $sum = 0L
            1..30 | ForEach-Object { , [byte[]]::new(2MB) } | Invoke-ProcessPool { , $_ } | ForEach-Object { $sum += $_.Length; $n++ }
            $sum; $n
            """));
    }

    [Fact]
    public void Objects_that_live_only_in_one_process_arrive_as_data_and_harm_nothing()
    {
        object?[] output = Session.RunCleanly("""
            $odd = @({ 'block' }, [System.IO.MemoryStream]::new(), [Action]{ }, [System.Threading.Thread]::CurrentThread, [type]'int', [regex]'a+', [System.Diagnostics.Process]::GetCurrentProcess())
            $r = $odd | Invoke-ProcessPool { $_ }
            @($r).Count -eq $odd.Count
            1..3 | Invoke-ProcessPool { $_ }
            """);
        Assert.Equal([true, 1, 2, 3], output);
    }

    [Theory]
    [InlineData("-ChunkSize 1")]
    [InlineData("-ChunkSize 1000")]
    [InlineData("-ThrottleLimit 1")]
    [InlineData("-Unordered")]
    [InlineData("-RetryCount 2")]
    public void However_items_are_given_each_has_its_results(string parameters)
    {
        Assert.Equal(Enumerable.Range(1, 3000).SelectMany(i => new object[] { i, -i }).Order(), Session.RunCleanly($"1..3000 | Invoke-ProcessPool {{ $_; -$_ }} {parameters}").Order());
    }
}
