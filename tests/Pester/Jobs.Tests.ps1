BeforeAll {
    . $PSScriptRoot/Setup.ps1

    # What Receive-Job writes to each stream, in order, as text.
    filter Format-Record {
        switch ($_) {
            $null { '<null>'; break }
            { $_ -is [Management.Automation.ErrorRecord] } { "error $($_.FullyQualifiedErrorId) $($_.CategoryInfo.Category): $_"; break }
            { $_ -is [Management.Automation.WarningRecord] } { "warning $_"; break }
            { $_ -is [Management.Automation.InformationRecord] } { "information $_"; break }
            default { "$_" }
        }
    }

    function Receive-Line($Job, [switch] $Wait) {
        if (-not $Wait) { $null = $Job | Wait-Job }
        $Job | Receive-Job -Wait:$Wait *>&1 | Format-Record
    }
}

Describe 'Jobs of processes and pools' {
    AfterEach {
        Get-Job | Where-Object { $_.PSJobTypeName -in 'ProcessPoolJob', 'BackgroundJob' } | Remove-Job -Force
        Remove-TestObject
    }

    It 'are received as those of Start-Job: each line of each stream, in order, with its nulls' {
        $block = { 1; $null; Write-Error 'e' -ErrorId Own -Category InvalidData; Write-Host 'h'; $null; 2; Get-Item /no/such/item -ErrorAction Stop; 3 }
        $expected = Receive-Line (Start-Job $block)
        $expected | Should -HaveCount 7
        Receive-Line (Start-IpcProcess $block) | Should -Be $expected
        Receive-Line (Start-IpcProcess $block) -Wait | Should -Be $expected
        Receive-Line (Invoke-ProcessPool $block -AsJob) | Should -Be $expected
        Receive-Line (Invoke-ProcessPool $block -AsJob) -Wait | Should -Be $expected
    }

    It 'show in their collections what was not received, and have the error that ended them as their reason, which they write once' {
        foreach ($job in (Start-IpcProcess { 1; $null; Write-Warning 'w'; throw 'boom' }), (1 | Invoke-ProcessPool { 1; $null; Write-Warning 'w'; throw 'boom' } -AsJob)) {
            $null = Wait-Job $job
            $inner = @($job.ChildJobs; $job)[0]
            "$($inner.Output) $($inner.Output.Count) $($inner.Warning) $($inner.Error)" | Should -Be '1  2 w boom'
            Receive-Job $job -ErrorAction SilentlyContinue -WarningAction SilentlyContinue -ErrorVariable problem | Should -Be 1, $null
            $problem | Should -HaveCount 1
            $problem[0].FullyQualifiedErrorId | Should -Be 'boom'
            $job.State, $job.JobStateInfo.State | Should -Be 'Failed', 'Failed'
            $job.JobStateInfo.Reason.Message | Should -Be 'boom'
            if ($job -is [PSIpc.IpcProcess]) { $job.ExitCode | Should -Be 1 }
            $inner.Output.Count + $inner.Warning.Count + $inner.Error.Count | Should -Be 0
        }
    }

    It 'of which the process was killed say so' {
        $p = Start-IpcProcess { 'written'; Start-Sleep 60 }
        Wait-Until { $p.HasMoreData }
        Stop-Process -Id $p.ProcessId -Force
        $written, $death = Receive-Line $p -Wait
        $written | Should -Be 'written'
        $death | Should -BeLike 'error IpcWorkerDied OperationStopped: *SIGKILL*'
    }

    It 'of which the process exits with a code that is no success say so, unless it has written an error itself' {
        $text, $problem = Receive-Line (Start-IpcProcess { 'x'; exit 3 })
        $text | Should -Be 'x'
        $problem | Should -BeLike 'error IpcWorkerDied OperationStopped: *code 3*'
        Receive-Line (Start-IpcProcess { Write-Error 'own'; exit 3 }) | Should -BeLike 'error *: own'
    }

    It 'have a final state and an exit code when a receive that waits returns' {
        foreach ($i in 1..2) {
            $p = Start-IpcProcess { exit 9 }
            Receive-IpcProcess $p -Wait 2>&1 | Format-Record | Should -BeLike 'error IpcWorkerDied,* OperationStopped: *code 9*'
            "$($p.State) $($p.IsAlive) $($p.ExitCode) $($p.End)" | Should -Be 'Failed False 9 Exited'
        }
    }

    It 'are removed by Receive-Job -Wait -AutoRemoveJob' {
        (Start-IpcProcess { 1..3 }), (1..3 | Invoke-ProcessPool { $_ } -AsJob) | ForEach-Object {
            $_ | Receive-Job -Wait -AutoRemoveJob -ErrorVariable problem | Should -Be 1, 2, 3
            $problem | Should -BeNullOrEmpty
            Get-Job | Should -Not -Contain $_
        }
        Start-IpcProcess { throw 'boom' } | Receive-Job -Wait -AutoRemoveJob 2>&1 | Should -BeLike 'boom'
        Get-IpcProcess | Should -BeNullOrEmpty
    }

    It 'give what Receive-Job is asked for: the job first, its changes of state, or what stays' {
        foreach ($job in (Start-IpcProcess { 1 }), (1 | Invoke-ProcessPool { 1 } -AsJob)) {
            $null = Wait-Job $job
            Receive-Job $job -Keep | Should -Be 1
            $job.HasMoreData | Should -BeTrue
            $all = @(Receive-Job $job -Wait -WriteEvents -WriteJobInResults -NoRecurse:($job.ChildJobs.Count -eq 0))
            $all[0] | Should -Be $job
            $all | Should -Contain 1
            $all[-1] | Should -BeOfType Management.Automation.JobStateEventArgs
            $all[-1].JobStateInfo.State | Should -Be 'Completed'
            $job.HasMoreData | Should -BeFalse
        }
    }

    It 'are waited for, found, stopped and removed by the cmdlets for jobs' {
        $slow = Start-IpcProcess { Start-Sleep 600 }
        $fast = Start-IpcProcess { 'x' }
        Wait-Job $slow, $fast -Any | Should -Be $fast
        Wait-Job $slow -Timeout 1 | Should -BeNullOrEmpty
        Get-Job -State Running | Should -Be $slow
        Get-Job -HasMoreData $true | Should -Be $fast
        (Get-Job -Name $fast.Name).InstanceId | Should -Be $fast.InstanceId
        { Remove-Job $slow -ErrorAction Stop } | Should -Throw
        { Debug-Job $slow -ErrorAction Stop } | Should -Throw -ErrorId 'DebugJobNoDebuggableJobsFound,*'
        Stop-Job $slow
        $slow.State | Should -Be 'Stopped'
        Get-Job -Newest 1 | Should -Be $slow # the last to end
        $other = Start-IpcProcess { Start-Sleep 600 }
        Remove-Job $slow, $fast, $other -Force
        $other.IsAlive | Should -BeFalse
        Get-IpcProcess | Should -BeNullOrEmpty
    }

    It 'tell of their end by StateChanged' {
        foreach ($start in { Start-IpcProcess { Wait-IpcEvent $using:gate } }, { 1 | Invoke-ProcessPool { Wait-IpcEvent $using:gate } -AsJob }) {
            $seen = [Collections.Concurrent.ConcurrentQueue[string]]::new()
            $gate = New-IpcEvent
            $job = & $start
            $watch = Register-ObjectEvent $job StateChanged -MessageData $seen -Action { $Event.MessageData.Enqueue("$($Sender.State) $($EventArgs.JobStateInfo.State)") }
            Set-IpcEvent $gate
            Wait-Until { $seen.Count -gt 0 }
            $seen | Should -Be 'Completed Completed'
            $watch | Remove-Job -Force
        }
    }

    It 'of a pool have a child job for each item, in the order of the input' {
        $job = 1..3 | Invoke-ProcessPool { if ($_ -eq 2) { Write-Error 'of two'; throw 'bad' }; "ok $_" } -AsJob | Wait-Job
        "$($job.State) $($job.Failed)" | Should -Be 'Failed 1'
        $job.ChildJobs | Should -HaveCount 3
        "$($job.ChildJobs.State)" | Should -Be 'Completed Failed Completed'
        $job.ChildJobs[1].JobStateInfo.Reason.Message | Should -Be 'bad'
        $job.ChildJobs[0].Command | Should -Be $job.Command
        $job.ChildJobs[2] | Receive-Job | Should -Be 'ok 3'
        { $job.ChildJobs[0].StopJob() } | Should -Throw '*cannot be stopped alone*'
        $all = $job | Receive-Job 2>&1
        $all | ForEach-Object { "$_" } | Should -Be 'ok 1', 'of two', 'bad'
        $all[2].TargetObject | Should -Be 2
        $job.HasMoreData | Should -BeFalse
    }

    It 'of a pool are failed by an error that ends an item, not by one that does not' {
        (1 | Invoke-ProcessPool { Write-Error 'x' } -AsJob | Wait-Job).State | Should -Be 'Completed'
        (1 | Invoke-ProcessPool { throw 'x' } -AsJob | Wait-Job).State | Should -Be 'Failed'
        (1..2 | Invoke-ProcessPool { if ($_ -eq 1) { [Environment]::Exit(3) } } -AsJob | Wait-Job).State | Should -Be 'Failed'
    }

    It 'of a pool tell which items run' {
        $pool = New-ProcessPool -WorkerCount 1
        $gate = New-IpcEvent
        $job = 1..2 | Invoke-ProcessPool -Pool $pool -ChunkSize 1 { Wait-IpcEvent $using:gate } -AsJob
        Wait-Until { $job.ChildJobs[0].State -eq 'Running' }
        $job.ChildJobs[1].State | Should -Be 'NotStarted'
        Stop-Job $job
        "$($job.State) $($job.ChildJobs.State)" | Should -Be 'Stopped Stopped Stopped'
    }

    It 'of a pool with very many items have no child jobs, and as many results' {
        $job = 1..20000 | Invoke-ProcessPool { $_ } -AsJob
        $job | Should -HaveCount 1
        $results = $job | Receive-Job -Wait
        $results.Count, $results[-1] | Should -Be 20000, 20000
        $job.ChildJobs | Should -HaveCount 0
    }

    It 'of a pool end while they are removed, many times over' {
        $pool = New-ProcessPool -WorkerCount 2
        foreach ($i in 1..50) {
            $squares = 0..9 | Invoke-ProcessPool -Pool $pool { $_ * $_ } -AsJob | Receive-Job -Wait -AutoRemoveJob -ErrorVariable problem
            if ($problem -or "$squares" -ne '0 1 4 9 16 25 36 49 64 81') { throw "round ${i}: $squares $problem" }
        }
    }
}

Describe 'Records that were not received' {
    AfterAll { Remove-TestObject }

    It 'stay when the pipeline takes only the first' {
        $p = Start-IpcProcess { 1..10 } | Wait-IpcProcess
        Receive-IpcProcess $p | Select-Object -First 1 | Should -Be 1
        $p.HasMoreData | Should -BeTrue
        Receive-IpcProcess $p -Keep | Select-Object -First 2 | Should -Be 2, 3
        Receive-IpcProcess $p -Wait | Select-Object -First 2 | Should -Be 2, 3
        Receive-Job $p -Keep | Should -Be (4..10)
        Receive-IpcProcess $p -Keep | Should -Be (4..10)
        Receive-Job $p | Should -Be (4..10)
        Receive-IpcProcess $p | Should -BeNullOrEmpty
        $p.HasMoreData | Should -BeFalse
    }

    It 'stay when the pipeline ends by an error' {
        $p = Start-IpcProcess { 1; Write-Error 'e'; 2 } | Wait-IpcProcess
        { Receive-IpcProcess $p | ForEach-Object { throw 'downstream' } } | Should -Throw 'downstream'
        { Receive-IpcProcess $p -ErrorAction Stop } | Should -Throw 'e'
        Receive-IpcProcess $p | Should -Be 2
    }

    It 'stay in a queue when the pipeline takes only the first' {
        $q = New-IpcQueue
        1..10 | Send-IpcMessage $q
        Receive-IpcMessage $q -Available | Select-Object -First 1 | Should -Be 1
        Receive-IpcMessage $q -Count 9 | Select-Object -First 1 | Should -Be 2
        $q.Count | Should -Be 8
        Close-IpcQueue $q
        Receive-IpcMessage $q -Wait | Select-Object -First 1 | Should -Be 3
        { Receive-IpcMessage $q -Wait | ForEach-Object { throw 'downstream' } } | Should -Throw 'downstream'
        Receive-IpcMessage $q -Wait | Should -Be (5..10)
    }

    It 'of a task are there as often as they are asked for' {
        $t = Start-ProcessPoolTask { 1..3 }
        Receive-ProcessPoolTask $t | Select-Object -First 1 | Should -Be 1
        Receive-ProcessPoolTask $t | Should -Be 1, 2, 3
    }
}

Describe 'The name of a process' {
    AfterEach { Remove-TestObject }

    It 'is free as soon as the process has ended' {
        $first = Start-IpcProcess -Name "pester-again-$PID" { 'first' } | Wait-IpcProcess
        $second = Start-IpcProcess -Name "pester-again-$PID" { 'second' }
        { Start-IpcProcess -Name "pester-again-$PID" { } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        $null = Wait-IpcProcess $second
        Get-IpcProcess "pester-again-$PID" | Should -Be $first, $second
        Get-Job -Name "pester-again-$PID" | Should -HaveCount 2
        Receive-IpcProcess "pester-again-$PID" | Should -Be 'first', 'second'
    }
}
