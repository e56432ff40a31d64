BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-ProcessPool' {
    AfterEach { Remove-TestObject }

    It 'lets a pool finish what it has, or does not' {
        $go = New-IpcEvent
        $pool = New-ProcessPool -WorkerCount 1
        $task = Start-ProcessPoolTask -Pool $pool { Wait-IpcEvent $using:go; 'finished' }
        Wait-Until { $task.State -eq 'Running' }
        Remove-ProcessPool $pool -WhatIf
        $pool.IsClosed | Should -BeFalse
        { Remove-ProcessPool $pool -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout*'
        Set-IpcEvent $go
        Receive-ProcessPoolTask $task -Timeout 60 | Should -Be 'finished'
        $stuck = New-ProcessPool "pester-$PID" -WorkerCount 1
        $lost = Start-ProcessPoolTask -Pool $stuck { Start-Sleep 600 }
        Remove-ProcessPool "pester-$PID" -Force
        { Receive-ProcessPoolTask $lost -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed*'
        Get-ProcessPool "pester-$PID*" | Should -BeNullOrEmpty
    }

    It 'takes pools from the pipeline' {
        New-ProcessPool "pester-$PID" -WorkerCount 1 | Remove-ProcessPool -Confirm:$false
        Get-ProcessPool "pester-$PID*" | Should -BeNullOrEmpty
    }

    It 'says what it cannot remove' {
        { Remove-ProcessPool no-such-pool -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
        { Remove-ProcessPool 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument*'
    }
}
