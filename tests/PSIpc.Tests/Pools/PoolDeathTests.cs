using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>A worker's death, or its hanging, is the error of the item that it ran and of no other.</summary>
public sealed class PoolDeathTests : PoolTest
{
    [Theory]
    [InlineData("/bin/sh -c \"kill -9 $PID\"; [Threading.Thread]::Sleep(60000)", "was killed by SIGKILL")]
    [InlineData("/bin/sh -c \"kill -TERM $PID\"; [Threading.Thread]::Sleep(60000)", "")]
    [InlineData("exit 3", "exited with code 3")]
    [InlineData("exit", "exited with code 0")]
    [InlineData("[Environment]::Exit(4)", "exited with code 4")]
    [InlineData("[Environment]::FailFast('no memory left')", "no memory left")]
    [InlineData("Invoke-NativeFunction -Library libc.so.6 -Name strlen -ReturnType size_t -ArgumentType 'void*' -ArgumentList ([IntPtr]1)", "crashed")]
    [InlineData("[PSIpcTest.Deep]::Down(0)", "Stack overflow")]
    public void The_item_fails_and_the_others_do_not(string script, string says)
    {
        Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2 -InitializationScript {
                $assembly = [Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly([Reflection.AssemblyName]::new('Deep'), 'Run')
                $type = $assembly.DefineDynamicModule('Deep').DefineType('PSIpcTest.Deep', 'Public')
                $method = $type.DefineMethod('Down', 'Public, Static', [int], [type[]]@([int]))
                $il = $method.GetILGenerator()
                $il.Emit([Reflection.Emit.OpCodes]::Ldarg_0); $il.Emit([Reflection.Emit.OpCodes]::Call, [Reflection.MethodInfo]$method)
                $il.Emit([Reflection.Emit.OpCodes]::Ldarg_0); $il.Emit([Reflection.Emit.OpCodes]::Add); $il.Emit([Reflection.Emit.OpCodes]::Ret)
                $null = $type.CreateType()
            }
            """);
        Assert.Equal(
            [1, 2, "before", 4, 5, 6, 7, 8],
            Session.Run($"1..8 | Invoke-ProcessPool -Pool $pool {{ if ($_ -eq 3) {{ 'before'; [Threading.Thread]::Sleep(100); {script} }} else {{ $_ }} }}").Select(o => o.BaseObject));
        ErrorRecord error = Assert.Single(Session.Errors);
        AssertError("IpcWorkerDied", ErrorCategory.OperationStopped, error);
        Assert.Equal(3, error.TargetObject);
        Assert.Contains(says, error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal([8L, 1L, 1L, 0L, 0L], Session.RunCleanly("$pool.Completed; $pool.Failed; $pool.Restarts; $pool.Pending; $pool.Running"));
    }

    [Fact]
    public void Endless_recursion_of_a_function_is_an_error_of_the_script()
    {
        Assert.Equal([1, 3], Session.Run("1..3 | Invoke-ProcessPool { function f { f }; if ($_ -eq 2) { f } else { $_ } }").Select(o => o.BaseObject));
        Assert.Contains("depth", Assert.Single(Session.Errors).Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Workers_killed_from_outside_cost_at_most_the_items_that_they_ran()
    {
        using var observer = new PowerShellSession();
        Session.RunCleanly("$pool = New-ProcessPool killed -WorkerCount 2");
        using PowerShell pipeline = Session.NewPipeline("1..30000 | Invoke-ProcessPool -Pool $pool { $_ }");
        var output = new PSDataCollection<PSObject>();
        IAsyncResult run = pipeline.BeginInvoke<PSObject, PSObject>(null, output);
        for (int i = 1; i <= 5 && !run.IsCompleted; i++)
        {
            int seen = output.Count;
            WaitUntil(() => output.Count > seen || run.IsCompleted, "more results");
            observer.Run("(Get-ProcessPool killed).Workers | Where-Object State -in Busy, Idle | ForEach-Object { [Diagnostics.Process]::GetProcessById($_.ProcessId).Kill(); break }");
        }

        Assert.True(run.AsyncWaitHandle.WaitOne(Long));
        pipeline.EndInvoke(run);
        ErrorRecord[] errors = [.. pipeline.Streams.Error];
        Assert.All(errors, e => AssertError("IpcWorkerDied", ErrorCategory.OperationStopped, e));
        Assert.Equal(Enumerable.Range(1, 30_000), output.Select(o => (int)o.BaseObject).Concat(errors.Select(e => (int)e.TargetObject)).Order());
    }

    [Fact]
    public void An_item_that_hangs_fails_alone_when_its_time_is_over()
    {
        Assert.Equal([1, 2, 4, 5], Session.Run("1..5 | Invoke-ProcessPool { if ($_ -eq 3) { [Threading.Thread]::Sleep(600000) }; $_ } -TaskTimeout 3").Select(o => o.BaseObject));
        ErrorRecord error = Assert.Single(Session.Errors);
        AssertError("IpcTaskTimeout", ErrorCategory.OperationTimeout, error);
        Assert.Equal(3, error.TargetObject);
    }

    [Fact]
    public void An_item_is_tried_again_after_death_and_timeout_and_gives_its_results_once()
    {
        Assert.Equal(["1", "2 at last", "3"], Session.RunCleanly("""
            $tries = New-SharedValue -Value 0
            1..3 | Invoke-ProcessPool -RetryCount 3 -TaskTimeout 5 {
                if ($_ -ne 2) { "$_"; return }
                $try = ($using:tries).Add(1)
                '2 at last'
                if ($try -eq 1) { exit 1 }
                if ($try -eq 2) { [Threading.Thread]::Sleep(600000) }
            }
            """));
        Assert.Equal([3], Session.RunCleanly("$tries.Value"));
        Session.Run("$tries.Value = 0; 1..3 | Invoke-ProcessPool -RetryCount 2 { if ($_ -eq 2) { $null = ($using:tries).Add(1); exit 1 } }");
        AssertError("IpcWorkerDied", ErrorCategory.OperationStopped, Assert.Single(Session.Errors));
        Assert.Equal([3], Session.RunCleanly("$tries.Value"));
    }

    [Fact]
    public void An_error_of_the_script_is_not_tried_again()
    {
        Session.Run("$tries = New-SharedValue -Value 0; Invoke-ProcessPool -RetryCount 5 { $null = ($using:tries).Add(1); throw 'no' }");
        Assert.Equal("no", Assert.Single(Session.Errors).Exception.Message);
        Assert.Equal([1], Session.RunCleanly("$tries.Value"));
    }

    [Fact]
    public void A_worker_is_replaced_after_its_number_of_items()
    {
        Assert.Equal([20, true, 20], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2 -MaxTasksPerWorker 4
            $r = 1..20 | Invoke-ProcessPool -Pool $pool { [pscustomobject]@{ Item = $_; Worker = $PID } }
            $r.Count
            $counts = @{}; $r | ForEach-Object { $counts[$_.Worker]++ }
            @($counts.Values | Where-Object { $_ -gt 4 }).Count -eq 0 -and $counts.Count -ge 5 -and $pool.Restarts -ge 3
            $sum = 0; $counts.Values | ForEach-Object { $sum += $_ }; $sum
            """));
    }

    [Fact]
    public void A_worker_that_has_grown_too_large_is_replaced_and_goes()
    {
        using var observer = new PowerShellSession();
        int[] workers = Session.RunCleanly("""
            $pool = New-ProcessPool large -WorkerCount 1 -MaxWorkerMemory 400MB
            1..6 | Invoke-ProcessPool -Pool $pool -ChunkSize 1 {
                if ($_ -eq 2) { $global:kept = [byte[]]::new(500MB); [Array]::Fill($kept, [byte]1) }
                [Threading.Thread]::Sleep(120)
                $PID
            }
            """).Cast<int>().ToArray();
        Assert.Equal(6, workers.Length);
        Assert.NotEqual(workers[0], workers[^1]);
        WaitUntil(() => !IsAlive(workers[0]), "the large worker is gone");
        WaitUntil(observer, "@((Get-ProcessPool large).Workers).Count -eq 1");
    }
}
