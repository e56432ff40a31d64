BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcQueue' {
    AfterEach { Remove-TestObject }

    It 'opens queues by name, by wildcard, or all' {
        $q = New-IpcQueue
        1 | Send-IpcMessage $q
        (Get-IpcQueue $q.Name).Count | Should -Be 1
        Get-IpcQueue "$($q.Name)*" | Should -HaveCount 1
        $q.Name | Get-IpcQueue | Should -HaveCount 1
        (Get-IpcQueue).Name | Should -Contain $q.Name
        Get-IpcQueue 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'opens what another process made' {
        $other = Start-Other { $q = New-IpcQueue; 'mine' | Send-IpcMessage $q; $q.Name; $global:kept = $q }
        Get-IpcQueue (Receive-ProcessPoolTask $other) | Receive-IpcMessage | Should -Be 'mine'
    }

    It 'says what it does not find' {
        { Get-IpcQueue no-such-queue -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcQueue 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'completes the names of queues' {
        $q = New-IpcQueue
        (TabExpansion2 "Get-IpcQueue $($q.Name.Substring(0, 8))").CompletionMatches.CompletionText | Should -Contain $q.Name
    }

    It 'wants a server that the session is connected to' {
        { Get-IpcQueue any-name -Server no-such-server -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-IpcQueue -Name "pester-late-$using:PID"
            Receive-IpcMessage $using:go -Timeout 60
            Remove-IpcQueue $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-IpcQueue "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-IpcQueue "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-IpcQueue "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-IpcQueue "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-IpcQueue "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
