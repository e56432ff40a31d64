BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Wait-IpcBarrier' {
    AfterEach { Remove-TestObject }

    It 'lets processes go on together' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        $other = Start-Other { Wait-IpcBarrier $using:barrier; Wait-IpcBarrier $using:barrier; 'passed twice' }
        Wait-IpcBarrier $barrier -Timeout 60 -ErrorAction Stop
        $barrier | Wait-IpcBarrier -Timeout 60 -ErrorAction Stop
        Receive-ProcessPoolTask $other -Timeout 60 | Should -Be 'passed twice'
        $barrier.CurrentPhase, $barrier.IsBroken | Should -Be 2, $false
    }

    It 'has not arrived when the time is over' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        { Wait-IpcBarrier $barrier -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $barrier.WaitingCount | Should -Be 0
    }

    It 'ends for all when a process that took part is killed' {
        $barrier = New-IpcBarrier -ParticipantCount 3
        $other = Start-Other { Wait-IpcBarrier $using:barrier }
        Wait-Until { $barrier.WaitingCount -eq 1 }
        Stop-Other $other
        { Wait-IpcBarrier $barrier -Timeout 60 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcPeerGone,*'
        $barrier.IsBroken | Should -BeTrue
    }

    It 'says what it cannot wait at' {
        { Wait-IpcBarrier no-such-barrier -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Wait-IpcBarrier 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
