BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcEvent' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $event = New-IpcEvent
        (Get-IpcEvent $event.Name).Name | Should -Be $event.Name
        Get-IpcEvent "$($event.Name)*" | Should -HaveCount 1
        $event.Name | Get-IpcEvent | Should -HaveCount 1
        (Get-IpcEvent).Name | Should -Contain $event.Name
        Get-IpcEvent 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-IpcEvent no-such-event -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcEvent 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $event = New-IpcEvent
        (Get-IpcEvent $event.Name | Format-Table | Out-String) | Should -Match $event.Name
    }

    It 'completes the names of those that there are' {
        $event = New-IpcEvent
        (TabExpansion2 "Get-IpcEvent $($event.Name.Substring(0, $event.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $event.Name
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-IpcEvent -Name "pester-late-$using:PID"
            Receive-IpcMessage $using:go -Timeout 60
            Remove-IpcEvent $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-IpcEvent "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-IpcEvent "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-IpcEvent "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-IpcEvent "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-IpcEvent "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
