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

    It 'has a method that says whether all have come in time' {
        (New-IpcBarrier -ParticipantCount 2).Wait(0.01) | Should -BeFalse
        (New-IpcBarrier -ParticipantCount 1).Wait(60) | Should -BeTrue
    }

    It 'makes one that stays' {
        $barrier = New-IpcBarrier -ParticipantCount 1 -Persistent
        $barrier.Dispose()
        Wait-IpcBarrier $barrier.Name -Timeout 60 -ErrorAction Stop
    }

    It 'takes a number at position 0 as the number of participants, and a text as the name' {
        (New-IpcBarrier 3).ParticipantCount | Should -Be 3
        $barrier = New-IpcBarrier "pester-$PID" 2
        $barrier.Name, $barrier.ParticipantCount | Should -Be "pester-$PID", 2
    }

    It 'says what it cannot make' {
        $barrier = New-IpcBarrier -ParticipantCount 1
        { New-IpcBarrier $barrier.Name -ParticipantCount 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcBarrier 'a b' -ParticipantCount 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-IpcBarrier -ParticipantCount 0 } | Should -Throw
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-IpcBarrier -Name "pester-open-$PID" -ParticipantCount 3 -OpenExisting
        New-IpcBarrier -Name $made.Name -ParticipantCount 3 -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-IpcBarrier -Name $using:made.Name -ParticipantCount 3 -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-IpcBarrier "pester-open-$PID*").Count | Should -Be 1
        { New-IpcBarrier -Name $made.Name -ParticipantCount 3 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcBarrier -Name $made.Name -ParticipantCount 4 -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with ParticipantCount *'
        { New-IpcBarrier -Name $made.Name -ParticipantCount 3 -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
