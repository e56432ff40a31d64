BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-ProcessPool' {
    AfterEach { Remove-TestObject }

    It 'lets a pool finish what it has, or does not' {
        $go = New-IpcEvent
        $pool = New-ProcessPool -WorkerCount 1
        $task = Start-ProcessPoolTask -Pool $pool { Wait-IpcEvent $using:go; 'finished' }
        $next = Start-ProcessPoolTask -Pool $pool { 'next' }
        Wait-Until { $task.State -eq 'Running' }
        Remove-ProcessPool $pool -WhatIf
        $pool.IsClosed | Should -BeFalse
        { Remove-ProcessPool $pool -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout*'
        Set-IpcEvent $go
        Receive-ProcessPoolTask $task -Timeout 60 | Should -Be 'finished'
        Receive-ProcessPoolTask $next -Timeout 60 | Should -Be 'next'
        Wait-Until { -not (Get-ProcessPool "$($pool.Name)*") }
        $pool.IsClosed | Should -BeTrue
        $stuck = New-ProcessPool "pester-$PID" -WorkerCount 1
        $lost = Start-ProcessPoolTask -Pool $stuck { Start-Sleep 600 }
        $waiting = Start-ProcessPoolTask -Pool $stuck { 1 }
        Wait-Until { $lost.State -eq 'Running' }
        $id = $lost.Worker
        Remove-ProcessPool "pester-$PID" -Force
        foreach ($one in $lost, $waiting) { { Receive-ProcessPoolTask $one -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed*' }
        Wait-Until { -not (Get-Process -Id $id -ErrorAction Ignore) }
        Get-ProcessPool "pester-$PID*" | Should -BeNullOrEmpty
    }

    It 'takes pools from the pipeline' {
        New-ProcessPool "pester-$PID" -WorkerCount 1 | Remove-ProcessPool -Confirm:$false
        Get-ProcessPool "pester-$PID*" | Should -BeNullOrEmpty
    }

    It 'says what it cannot remove' {
        { Remove-ProcessPool no-such-pool -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
        Remove-ProcessPool no-such-* -ErrorAction Stop
        { Remove-ProcessPool 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument*'
    }
}
