BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'A clean block' {
    AfterAll { Remove-TestObject }

    BeforeEach { $cleaned = New-IpcQueue }

    It 'runs in each worker after the last item, and after end' {
        $pool = New-ProcessPool -WorkerCount 1
        1, 2 | Invoke-ProcessPool -Pool $pool { begin { 'begin' } process { $_ } end { 'end' } clean { 'cleaned' | Send-IpcMessage $using:cleaned } } | Should -Be 'begin', 1, 2, 'end'
        Receive-IpcMessage $cleaned -Timeout 60 | Should -Be 'cleaned'
        1, 2 | Invoke-ProcessPool -Pool $pool { process { $_ } clean { Write-Host cleaned } } 6>&1 | ForEach-Object { "$_" } | Should -Be '1', '2', 'cleaned'
    }

    It 'and an end block run for tasks, and for the methods of a pool' {
        $pool = New-ProcessPool -WorkerCount 1
        $block = { param($queue) process { 'process' } end { 'end' } clean { 'cleaned' | Send-IpcMessage $queue } }
        $pool.Invoke($block, $cleaned) | Should -Be 'process', 'end'
        $pool.Start($block, $cleaned).Receive(60) | Should -Be 'process', 'end'
        Start-ProcessPoolTask -Pool $pool $block -ArgumentList $cleaned | Receive-ProcessPoolTask | Should -Be 'process', 'end'
        Receive-IpcMessage $cleaned -Count 3 -Timeout 60 | Should -Be 'cleaned', 'cleaned', 'cleaned'
    }

    It 'runs when the block fails, and again for what comes after' {
        1, 2 | Invoke-ProcessPool -ThrottleLimit 1 { process { if ($_ -eq 1) { throw 'failed' }; $_ } clean { 'cleaned' | Send-IpcMessage $using:cleaned } } 2> $null | Should -Be 2
        Receive-IpcMessage $cleaned -Count 2 -Timeout 60 | Should -Be 'cleaned', 'cleaned'
    }

    It 'runs when an item exits, and of the calls beside it' {
        $pool = New-ProcessPool -WorkerCount 1
        $begun = New-IpcEvent
        $beside = 1..3 | Invoke-ProcessPool -Pool $pool -AsJob -ChunkSize 1 { process { if ($_ -eq 1) { Set-IpcEvent $using:begun; Start-Sleep -Milliseconds 500 }; $_ } clean { 'beside' | Send-IpcMessage $using:cleaned } }
        Wait-IpcEvent $begun -Timeout 60
        1 | Invoke-ProcessPool -Pool $pool { process { exit 3 } clean { 'exited' | Send-IpcMessage $using:cleaned } } 2> $null
        $null = $beside | Receive-Job -Wait 2> $null
        @(Receive-IpcMessage $cleaned -Available) | Select-Object -First 2 | Should -Be 'exited', 'beside'
    }

    It 'runs when the call is given up between two items' {
        1..1e6 | Invoke-ProcessPool -ThrottleLimit 1 { process { $_ } clean { 'cleaned' | Send-IpcMessage $using:cleaned } } | Select-Object -First 1 | Should -Be 1
        Receive-IpcMessage $cleaned -Timeout 60 | Should -Be 'cleaned'
    }

    It 'runs when the item is stopped, and of the calls beside it' {
        $pool = New-ProcessPool -WorkerCount 1
        $begun = New-IpcEvent
        $beside = 1..3 | Invoke-ProcessPool -Pool $pool -AsJob { process { if ($_ -eq 2) { Wait-IpcEvent $using:begun }; $_ } clean { 'beside' | Send-IpcMessage $using:cleaned } }
        $started = New-IpcEvent
        $task = Start-ProcessPoolTask -Pool $pool { process { Set-IpcEvent $using:started; Start-Sleep 600 } clean { Start-Sleep -Milliseconds 300; 'stopped' | Send-IpcMessage $using:cleaned } }
        Set-IpcEvent $begun
        Wait-IpcEvent $started -Timeout 60
        Stop-ProcessPoolTask $task
        Receive-IpcMessage $cleaned -Timeout 60 | Should -Be 'stopped'
        $null = $beside | Receive-Job -Wait 2> $null
        Receive-IpcMessage $cleaned -Timeout 60 | Should -Be 'beside'
        $pool.Restarts | Should -Be 0
    }

    It 'runs in a process that is stopped' {
        $started = New-IpcEvent
        $process = Start-IpcProcess { process { Set-IpcEvent $using:started; Start-Sleep 600 } clean { 'stopped' | Send-IpcMessage $using:cleaned } }
        Wait-IpcEvent $started -Timeout 60
        Stop-IpcProcess $process
        Receive-IpcMessage $cleaned -Timeout 60 | Should -Be 'stopped'
    }
}

Describe 'What is stopped' {
    AfterAll { Remove-TestObject }

    It 'has time for its finally block' {
        $pool = New-ProcessPool -WorkerCount 1
        $started = New-IpcEvent
        $done = New-IpcEvent
        $block = { try { Set-IpcEvent $using:started; Start-Sleep 600 } finally { [Threading.Thread]::Sleep(1500); Set-IpcEvent $using:done } }
        $stops = @{
            job = { $job = 1 | Invoke-ProcessPool -Pool $pool $block -AsJob; Wait-IpcEvent $started -Timeout 60; Stop-Job $job }
            task = { $task = Start-ProcessPoolTask -Pool $pool $block; Wait-IpcEvent $started -Timeout 60; Stop-ProcessPoolTask $task }
            timeout = { while (-not $started.IsSet) { 1 | Invoke-ProcessPool -Pool $pool $block -Timeout 1 -ErrorAction SilentlyContinue } }
            process = { $process = Start-IpcProcess $block; Wait-IpcEvent $started -Timeout 60; Stop-Job $process }
        }
        foreach ($stop in $stops.Values) {
            . $stop
            { Wait-IpcEvent $done -Timeout 60 -ErrorAction Stop } | Should -Not -Throw
            Reset-IpcEvent $started
            Reset-IpcEvent $done
        }

        $pool.Restarts | Should -Be 0
        $task.State | Should -Be 'Stopped'
    }

    It 'has as much time as $PSIpcPreference.StopGracePeriod says' {
        $pool = New-ProcessPool -WorkerCount 1
        $started = New-IpcEvent
        $block = { try { Set-IpcEvent $using:started; Start-Sleep 600 } finally { [Threading.Thread]::Sleep(600000) } }
        $PSIpcPreference = @{ StopGracePeriod = 0.1 }
        $task = Start-ProcessPoolTask -Pool $pool $block
        Wait-IpcEvent $started -Timeout 60
        Stop-ProcessPoolTask $task
        $task.State | Should -Be 'Stopped'
        Wait-Until { $pool.Restarts -eq 1 }
        Reset-IpcEvent $started
        $process = Start-IpcProcess $block
        Wait-IpcEvent $started -Timeout 60
        Stop-Job $process
        $process.End | Should -Be 'Killed'
    }

    It 'refuses a grace period that is no time' {
        $PSIpcPreference = @{ StopGracePeriod = 'soon' }
        { Invoke-ProcessPool { 1 } } | Should -Throw '*soon*'
    }
}
