BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcBarrier' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        (Get-IpcBarrier $barrier.Name).Name | Should -Be $barrier.Name
        Get-IpcBarrier "$($barrier.Name)*" | Should -HaveCount 1
        $barrier.Name | Get-IpcBarrier | Should -HaveCount 1
        (Get-IpcBarrier).Name | Should -Contain $barrier.Name
        Get-IpcBarrier 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-IpcBarrier no-such-barrier -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcBarrier 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        (Get-IpcBarrier $barrier.Name | Format-Table | Out-String) | Should -Match $barrier.Name
    }

    It 'completes the names of those that there are' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        (TabExpansion2 "Get-IpcBarrier $($barrier.Name.Substring(0, $barrier.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $barrier.Name
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-IpcBarrier -Name "pester-late-$using:PID" -ParticipantCount 3
            Receive-IpcMessage $using:go -Timeout 60
            Remove-IpcBarrier $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-IpcBarrier "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-IpcBarrier "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-IpcBarrier "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-IpcBarrier "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-IpcBarrier "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
