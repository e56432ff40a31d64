BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcBarrier' {
    AfterEach { Remove-TestObject }

    It 'makes a barrier for so many' {
        $barrier = New-IpcBarrier "pester-$PID" 3
        $barrier.Name | Should -Be "pester-$PID"
        $barrier.ParticipantCount | Should -Be 3
        $barrier.WaitingCount | Should -Be 0
        $barrier.IsBroken | Should -BeFalse
    }

    It 'makes one that stays' {
        $barrier = New-IpcBarrier -ParticipantCount 1 -Persistent
        $barrier.Dispose()
        Wait-IpcBarrier $barrier.Name -Timeout 5 -ErrorAction Stop
    }

    It 'says what it cannot make' {
        $barrier = New-IpcBarrier -ParticipantCount 1
        { New-IpcBarrier $barrier.Name -ParticipantCount 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcBarrier 'a b' -ParticipantCount 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-IpcBarrier -ParticipantCount 0 } | Should -Throw
    }
}
