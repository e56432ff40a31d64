using System.Management.Automation;

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
    public void Ten_megabytes_go_in_and_come_out()
    {
        Assert.Equal([10 << 20, 7, 10 << 20, 10 << 20, true], Session.RunCleanly("""
            $bytes = [byte[]]::new(10MB); $bytes[5MB] = 7
            $r = @(1, $bytes, 3 | Invoke-ProcessPool { , $_ })
            $r[1].Length; [int]$r[1][5MB]
            (Invoke-ProcessPool { 'x' * 10MB }).Length
            (Invoke-ProcessPool { ($using:bytes).Length })
            $r[0] -eq 1 -and $r[2] -eq 3
            """));
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
    public void An_item_that_cannot_be_sent_is_an_error_and_the_others_go_on()
    {
        Assert.Equal([1, 3], Session.Run("$loop = @{}; $loop.a = $loop; 1, $loop, 3 | Invoke-ProcessPool { $_ }").Select(o => o.BaseObject));
        ErrorRecord error = Assert.Single(Session.Errors);
        AssertError("IpcSerialization", ErrorCategory.InvalidData, error);
        Assert.IsType<System.Collections.Hashtable>(error.TargetObject is PSObject wrapped ? wrapped.BaseObject : error.TargetObject);
    }

    [Fact]
    public void A_result_that_cannot_be_sent_is_an_error_and_the_item_goes_on()
    {
        Assert.Equal(["1", "before", "after", "3"], Session.Run("""
            1..3 | Invoke-ProcessPool { if ($_ -eq 2) { 'before'; $loop = @{}; $loop.a = $loop; $loop; 'after' } else { "$_" } }
            """).Select(o => o.BaseObject));
        AssertError("IpcSerialization", ErrorCategory.InvalidData, Assert.Single(Session.Errors));
    }

    [Fact]
    public void A_value_of_using_that_cannot_be_sent_is_an_error_at_once()
    {
        AssertError("IpcSerialization", ErrorCategory.InvalidData, RunForThrow("$loop = @{}; $loop.a = $loop; 1..1e9 | Invoke-ProcessPool { $using:loop }"));
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

    [Fact]
    public void A_hundred_thousand_items_with_random_sleeps_all_come_in_order()
    {
        Assert.Equal([100_000, true], Session.RunCleanly("""
            $next = 0; $ordered = $true
            1..100000 | Invoke-ProcessPool { if ([Random]::Shared.Next(2000) -eq 0) { [Threading.Thread]::Sleep([Random]::Shared.Next(1, 10)) }; $_ } |
                ForEach-Object { $ordered = $ordered -and $_ -eq ++$next }
            $next; $ordered
            """));
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

    [Fact]
    public void A_throttle_limit_is_the_most_items_at_a_time()
    {
        Assert.Equal([1L, true], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 3
            $now = New-SharedValue -Value 0L
            $most = New-SharedValue -Value 0L
            $script = { $n = ($using:now).Add(1); Update-SharedValue $using:most { [Math]::Max($_, $n) }; [Threading.Thread]::Sleep(1); $null = ($using:now).Add(-1) }
            1..100 | Invoke-ProcessPool -Pool $pool $script -ThrottleLimit 1
            $most.Value
            $most.Value = 0
            1..100 | Invoke-ProcessPool -Pool $pool $script -ThrottleLimit 2
            $most.Value -le 2
            """));
    }
}
