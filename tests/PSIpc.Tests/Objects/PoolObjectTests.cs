using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>How process pools look as shared objects, and how they look at the prompt.</summary>
public sealed class PoolObjectTests : PoolTest
{
    private readonly string _name = $"pool-{Guid.NewGuid():N}";

    [Fact]
    public void A_pool_and_its_workers_are_listed_with_who_has_them_open()
    {
        object?[] output = Session.RunCleanly($$"""
            $pool = New-ProcessPool {{_name}} -WorkerCount 2
            $workers = @(1..2 | Invoke-ProcessPool { Wait-IpcBarrier $using:barrier; $PID } -Pool $pool)
            $object = Get-IpcObject {{_name}}
            "$($object.Kind)"; $object.CreatorProcessId -eq $PID; $object.AttachedProcesses.Count
            @($workers | Where-Object { $_ -notin $object.AttachedProcesses }).Count
            $links = @(Get-IpcObject -Kind Worker | Where-Object { $_.CreatorProcessId -eq $PID -and $_.AttachedProcesses[-1] -in $workers })
            $links.Count; @($links | Where-Object { $_.AttachedProcesses.Count -ne 2 -or $PID -notin $_.AttachedProcesses }).Count
            """,
            ("barrier", Session.Run("New-IpcBarrier -ParticipantCount 2")[0]));
        Assert.Equal(["Pool", true, 3, 0, 2, 0], output);
    }

    [Fact]
    public void A_pool_of_this_session_can_be_removed_as_an_object()
    {
        object?[] output = Session.RunCleanly($$"""
            $pool = New-ProcessPool {{_name}} -WorkerCount 1
            Remove-IpcObject {{_name}} -WhatIf; $pool.IsClosed
            Get-IpcObject {{_name}} | Remove-IpcObject; $pool.IsClosed
            @(Get-ProcessPool {{_name}}*).Count; @(Get-IpcObject {{_name}}*).Count
            """);
        Assert.Equal([false, true, 0, 0], output);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" -Force")]
    public void Nothing_is_left_of_a_removed_pool(string how)
    {
        object?[] output = Session.RunCleanly($$"""
            foreach ($i in 1..5) {
                $pool = New-ProcessPool {{_name}} -WorkerCount 2
                $null = 1..3 | Invoke-ProcessPool { $_ } -Pool $pool
                Remove-ProcessPool $pool{{how}}
                @(Get-IpcObject {{_name}}*).Count
            }
            """);
        Assert.Equal(Enumerable.Repeat<object?>(0, 5), output);
    }

    [Fact]
    public void A_living_pool_of_another_session_and_the_link_of_a_worker_are_not_removed()
    {
        Session.RunCleanly($$"""
            $pool = New-ProcessPool {{_name}} -WorkerCount 1
            $worker = Invoke-ProcessPool { $PID } -Pool $pool
            $link = Get-IpcObject -Kind Worker | Where-Object { $worker -in $_.AttachedProcesses }
            """);
        Assert.StartsWith("IpcNotOwner,", Session.RunForError("$link | Remove-IpcObject").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("IpcNotOwner,", Session.RunForError("Remove-IpcObject $link.Name").FullyQualifiedErrorId, StringComparison.Ordinal);
        Session.RunCleanly("Remove-IpcObject \"$($link.Name)*\"");
        Assert.StartsWith(
            "IpcNotOwner,",
            Session.RunForError($"Start-IpcProcess {{ Remove-IpcObject {_name} }} | Receive-IpcProcess -Wait").FullyQualifiedErrorId,
            StringComparison.Ordinal);
        Assert.Equal([true], Session.RunCleanly("(Invoke-ProcessPool { $PID } -Pool $pool) -eq $worker"));
    }

    [Fact]
    public void Views_show_what_one_looks_for()
    {
        const string Script = """
            $pool = New-ProcessPool crew-$PID -WorkerCount 1
            $task = Start-ProcessPoolTask { 1 + 1 } -Pool $pool
            $null = Wait-ProcessPoolTask $task
            $job = 1..3 | Invoke-ProcessPool { 1 + 1 } -Pool $pool -AsJob
            $null = Wait-Job $job
            foreach ($shown in $pool, $pool.Workers, $task, $job) { $shown | Out-String -Width 160 }
            """;
        var start = new ProcessStartInfo(TestPaths.Host, ["-Command", Script]) { RedirectStandardOutput = true, Environment = { ["NO_COLOR"] = "1" } };
        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Matches(@"Name +Workers +Calls +Pending +Running +Completed +Failed +Restarts +State", text);
        Assert.Matches(@"crew-\d+ +1 +0 +0 +0 +4 +0 +0 +Open", text);
        Assert.Matches(@"Number +Process +State +StartTime +Completed +Pending +Memory", text);
        Assert.Matches(@"1 +\d+ +Idle +\d\d:\d\d:\d\d +4 +0 +\d+\.\d MB", text);
        Assert.Matches(@"Id +Pool +State +Worker +StartTime +Duration +Script", text);
        Assert.Matches(@"\d+ +crew-\d+ +Completed +\d+ +\d\d:\d\d:\d\d +\d+\.\d{3} s +1 \+ 1", text);
        Assert.Matches(@"Id +Name +PSJobTypeName +State +HasMoreData +Location +Command", text);
        Assert.Matches(@"\d+ +Pool-\S+ +ProcessPoolJob +Completed +True +\S+ +1 \+ 1", text);
    }
}
