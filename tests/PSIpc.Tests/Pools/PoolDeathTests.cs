using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>A worker's death, or its hanging, is the error of the item that it ran and of no other.</summary>
public sealed class PoolDeathTests : PoolTest
{
    [Fact]
    public void The_item_of_a_worker_that_dies_fails_with_the_cause_after_its_output_and_the_others_do_not()
    {
        (string Script, string Says)[] deaths =
        [
            ("/bin/sh -c \"kill -9 $PID\"; [Threading.Thread]::Sleep(600000)", "was killed by SIGKILL"),
            ("/bin/sh -c \"kill -TERM $PID\"; [Threading.Thread]::Sleep(600000)", ""),
            ("exit", "exited with code 0"),
            ("[Environment]::Exit(4)", "exited with code 4"),
            ("[Environment]::FailFast('no memory left')", "no memory left"),
            ("Invoke-NativeFunction -Library libc.so.6 -Name strlen -ReturnType size_t -ArgumentType 'void*' -ArgumentList ([IntPtr]1)", "crashed"),
            ("[PSIpcTest.Deep]::Down(0)", "Stack overflow"),
        ];
        Session.RunCleanly("""
            $seen = New-SharedValue -Value 0
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

        // Each second item dies, when its output has been seen: that of an item is seen while it runs, when those before it have ended.
        string cases = string.Join("; ", deaths.Select((d, i) => $"{(2 * i) + 2} {{ {d.Script} }}"));
        Assert.Equal(
            Enumerable.Range(1, (2 * deaths.Length) + 1),
            Session.Run($$"""
                1..{{(2 * deaths.Length) + 1}} | Invoke-ProcessPool -Pool $pool -ChunkSize 1 {
                    $_
                    if ($_ % 2 -eq 0) { while (($using:seen).Value -ne $_) { [Threading.Thread]::Sleep(1) } }
                    switch ($_) { {{cases}} }
                } | ForEach-Object { $seen.Value = $_; $_ }
                """).Select(o => (int)o.BaseObject));
        Assert.Equal(Enumerable.Range(1, deaths.Length).Select(i => 2 * i), Session.Errors.Select(e => (int)e.TargetObject));
        Assert.All(Session.Errors.Zip(deaths), e =>
        {
            AssertError("IpcWorkerDied", ErrorCategory.OperationStopped, e.First);
            Assert.Contains(e.Second.Says, e.First.Exception.Message, StringComparison.Ordinal);
        });
        Assert.Equal([15L, 7L, 7L, 0L, 0L], Session.RunCleanly("while ($pool.Restarts -lt 7) { [Threading.Thread]::Sleep(5) }; $pool.Completed; $pool.Failed; $pool.Restarts; $pool.Pending; $pool.Running"));
        Assert.Contains("code 6", RunForThrow("$pool.Invoke({ exit 6 })").Exception.Message, StringComparison.Ordinal);
        Assert.Equal([1], Session.RunCleanly("$pool.Invoke({ 1 })"));
    }

    // PowerShell itself takes long for it.
    [Fact]
    [Trait("Tier", "Long")]
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
        for (int i = 1; i <= 3 && !run.IsCompleted; i++)
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
    public void An_error_of_the_script_is_not_tried_again()
    {
        Session.Run("$tries = New-SharedValue -Value 0; Invoke-ProcessPool -RetryCount 5 { $null = ($using:tries).Add(1); throw 'no' }");
        Assert.Equal("no", Assert.Single(Session.Errors).Exception.Message);
        Assert.Equal([1], Session.RunCleanly("$tries.Value"));
    }
}
