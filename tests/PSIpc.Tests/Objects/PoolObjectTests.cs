namespace PSIpc.Tests;

/// <summary>How process pools look as shared objects.</summary>
public sealed class PoolObjectTests : PoolTest
{
    private readonly string _name = $"pool-{Guid.NewGuid():N}";

    [Fact]
    public void A_pool_and_its_workers_are_listed_with_who_has_them_open()
    {
        UseSharedPool(workers: 2);
        object?[] output = Session.RunCleanly(
            """
            $workers = @(1..2 | Invoke-ProcessPool { Wait-IpcBarrier $using:barrier; $PID } -Pool $pool)
            $object = Get-IpcObject $pool.Name
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

    [Fact]
    public void Nothing_is_left_of_a_removed_pool()
    {
        object?[] output = Session.RunCleanly($$"""
            foreach ($force in $false, $true) {
                $pool = New-ProcessPool {{_name}} -WorkerCount 2
                $null = 1..3 | Invoke-ProcessPool { $_ } -Pool $pool
                Remove-ProcessPool $pool -Force:$force
                @(Get-IpcObject {{_name}}*).Count
            }
            """);
        Assert.Equal([0, 0], output);
    }

    [Fact]
    public void A_living_pool_of_another_session_and_the_link_of_a_worker_are_not_removed()
    {
        UseSharedPool(workers: 1);
        Session.RunCleanly("""
            $worker = Invoke-ProcessPool { $PID } -Pool $pool
            $link = Get-IpcObject -Kind Worker | Where-Object { $worker -in $_.AttachedProcesses }
            """);
        Assert.StartsWith("IpcNotOwner,", Session.RunForError("$link | Remove-IpcObject").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("IpcNotOwner,", Session.RunForError("Remove-IpcObject $link.Name").FullyQualifiedErrorId, StringComparison.Ordinal);
        Session.RunCleanly("Remove-IpcObject \"$($link.Name)*\"");
        Assert.StartsWith("IpcNotOwner,", Session.RunForError("$name = $pool.Name; Invoke-ProcessPool { Remove-IpcObject $using:name }").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal([true], Session.RunCleanly("(Invoke-ProcessPool { $PID } -Pool $pool) -eq $worker"));
    }
}
