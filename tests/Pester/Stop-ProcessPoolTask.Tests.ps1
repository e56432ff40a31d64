BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Stop-ProcessPoolTask' {
    AfterEach { Remove-TestObject }

    It 'stops tasks that run or wait' {
        $pool = New-ProcessPool -WorkerCount 1
        $begun = New-IpcEvent
        $running = Start-ProcessPoolTask -Pool $pool { Start-Sleep 600 }
        $waiting = Start-ProcessPoolTask -Pool $pool { Set-IpcEvent $using:begun }
        Wait-Until { $running.State -eq 'Running' }
        $running.Worker | Should -Be $pool.Workers[0].ProcessId
        Stop-ProcessPoolTask $waiting, $running -WhatIf
        $waiting.State, $running.State | Should -Be 'Waiting', 'Running'
        $waiting | Stop-ProcessPoolTask -Confirm:$false
        $running.State | Should -Be 'Running'
        Stop-ProcessPoolTask $running -Force
        $waiting.State, $running.State | Should -Be 'Stopped', 'Stopped'
        $pool.Invoke({ 'alive' }) | Should -Be 'alive'
        { Receive-ProcessPoolTask $waiting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed*'
        { $waiting.Receive() } | Should -Throw '*stopped*'
        $begun.IsSet | Should -BeFalse
    }

    It 'leaves one that has ended as it is' {
        $task = Start-Other { 'done' } | Wait-ProcessPoolTask
        Stop-ProcessPoolTask $task
        Receive-ProcessPoolTask $task | Should -Be 'done'
    }
}
