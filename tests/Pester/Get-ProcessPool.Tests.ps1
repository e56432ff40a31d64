BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-ProcessPool' {
    AfterEach { Remove-TestObject }

    It 'finds pools by name, by wildcard, or all' {
        $pool = New-ProcessPool "pester-$PID" -WorkerCount 1
        (Get-ProcessPool $pool.Name.ToUpper()).Name | Should -Be $pool.Name
        "$pool" | Should -Be $pool.Name
        (Get-ProcessPool "pester-$PID*").Name | Should -Be $pool.Name
        (Get-ProcessPool).Name | Should -Contain $pool.Name
        (TabExpansion2 "Get-ProcessPool pester-$PID").CompletionMatches.CompletionText | Should -Contain $pool.Name
        Get-ProcessPool $pool.Name | Out-String | Should -Match $pool.Name
    }

    It 'shows the pool of the session' {
        Invoke-ProcessPool { 1 } | Should -Be 1
        Get-ProcessPool | Where-Object IsDefault | Should -Not -BeNullOrEmpty
    }

    It 'lists the calls that a pool has to run, with their tasks and jobs' {
        $pool = New-ProcessPool 2
        $started = New-IpcEvent
        $goOn = New-IpcEvent
        $task = Start-ProcessPoolTask -Pool $pool {

            Set-IpcEvent $using:started
            Wait-IpcEvent $using:goOn
        }
        Wait-IpcEvent $started -Timeout 60
        $job = 1..3 | Invoke-ProcessPool -Pool $pool { Wait-IpcEvent $using:goOn } -AsJob
        Wait-Until { $pool.Calls[1].Workers -eq 1 }
        $pool.Calls.Number | Should -Be 1, 2
        $pool.Calls.Owner | Should -Be $task, $job
        $pool.Calls.Total | Should -Be 1, 3
        $pool | Out-String | Should -Match '(?m)^pool-\w+ +2 +2 '
        $pool.Calls | Out-String -Width 160 | Should -Match "task $($task.Id) .* Running +Set-IpcEvent"
        $pool.Calls[1].Stop()
        Wait-Job $job -Timeout 60 | ForEach-Object State | Should -Be 'Stopped'
        Set-IpcEvent $goOn
        Receive-ProcessPoolTask $task -Timeout 60
        Wait-Until { $pool.Calls.Count -eq 0 }
    }

    It 'lists a task whose wait was stopped, which goes on and can be stopped' {
        $pool = New-ProcessPool 1
        $shell = [powershell]::Create('NewRunspace')
        $null = $shell.AddScript("param(`$pool) Import-Module '$module'; Start-ProcessPoolTask -Pool `$pool { Start-Sleep 600 } | Receive-ProcessPoolTask").AddArgument($pool)
        $null = $shell.BeginInvoke()
        Wait-Until { $pool.Running -eq 1 }
        $shell.Stop()
        $shell.Dispose()
        $pool.Calls.Workers | Should -Be 1
        $pool.Calls.Owner | Stop-ProcessPoolTask
        Wait-Until { $pool.Calls.Count -eq 0 }
    }

    It 'says what it does not find' {
        { Get-ProcessPool no-such-pool -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
        Get-ProcessPool no-such-* | Should -BeNullOrEmpty
    }
}
