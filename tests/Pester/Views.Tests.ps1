BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Views' {
    BeforeAll { $queue = New-IpcQueue -Capacity 64KB; 1..10 | Send-IpcMessage $queue }
    AfterAll { Remove-IpcQueue $queue }

    It 'are a table by themselves' {
        $queue | Out-String | Should -Match 'Name +Count +Bytes +Capacity +Full +State +Serializer'
        Get-IpcObject $queue.Name | Out-String -Width 120 | Should -Match 'Kind +Name +Creator +Held by +Waiting +Size +Age +Attached'
    }

    It 'are a list on demand, with readable sizes and without what only programs need' {
        $text = $queue | Format-List | Out-String
        $text | Should -Match 'Capacity +: 64 KB'
        $text | Should -Not -Match 'Reference'
    }

    It 'are names in columns on demand' {
        Get-IpcQueue $queue.Name | Format-Wide | Out-String | Should -Match $queue.Name
    }
}

Describe 'Views of jobs' {
    BeforeAll {
        $pool = New-ProcessPool -WorkerCount 1
        $poolJob = 1 | Invoke-ProcessPool {

            # A comment says nothing of the command.
            $_ + 1
            $_ + 2
        } -Pool $pool -AsJob
        $process = Start-IpcProcess {
            'of a process'
        }
        $job = Start-Job { 'of a job' }
        $null = Wait-Job $poolJob, $process, $job
        $header = 'Id +Name +PSJobTypeName +State +HasMoreData +Location +Command'
    }
    AfterAll {
        Remove-Job $poolJob, $process, $job -Force
        Remove-ProcessPool $pool -Force
    }

    It 'are one table of all jobs, whichever comes first' {
        foreach ($jobs in ($poolJob, $process, $job), ($process, $job, $poolJob), ($job, $poolJob, $process)) {
            $text = $jobs | Out-String -Width 160
            $text | Should -Match $header
            $text | Should -Not -Match 'JobStateInfo'
            foreach ($one in $jobs) {
                $text | Should -Match "(?m)^ *$($one.Id) "
            }
        }
    }

    It 'show the first line of the script that says something' {
        $poolJob | Out-String -Width 160 | Should -Match ([regex]::Escape('$_ + 1 …'))
        $process | Out-String -Width 160 | Should -Match "'of a process'"
    }

    It 'stand beside those of their pool, its workers and its tasks' {
        $task = Start-ProcessPoolTask { 1 + 1 } -Pool $pool | Wait-ProcessPoolTask
        $text = $pool, $pool.Workers, $task | ForEach-Object { $_ | Out-String -Width 160 }
        "$text" | Should -Match 'Name +Workers +Calls +Pending +Running +Completed +Failed +Restarts +State'
        "$text" | Should -Match "$($pool.Name) +1 +0 +0 +0 +2 +0 +0 +Open"
        "$text" | Should -Match 'Number +Process +State +StartTime +Completed +Pending +Memory'
        "$text" | Should -Match '1 +\d+ +Idle +\d\d:\d\d:\d\d +2 +0 +\d+\.\d MB'
        "$text" | Should -Match 'Id +Pool +State +Worker +StartTime +Duration +Script'
        "$text" | Should -Match "\d+ +$($pool.Name) +Completed +\d+ +\d\d:\d\d:\d\d +\d+\.\d{3} s +1 \+ 1"
        $poolJob | Out-String -Width 160 | Should -Match '\d+ +Pool-\S+ +ProcessPoolJob +Completed +True +\S+ '
    }

    It 'have more columns on demand' {
        $poolJob | Format-Table -View ProcessPoolJob | Out-String -Width 160 | Should -Match 'Completed +Total +Failed'
        $process | Format-Table -View IpcProcess | Out-String -Width 160 | Should -Match 'ExitCode +StartTime'
    }
}
