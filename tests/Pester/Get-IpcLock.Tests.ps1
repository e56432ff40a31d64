BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcLock' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $lock = New-IpcLock
        (Get-IpcLock $lock.Name).Name | Should -Be $lock.Name
        Get-IpcLock "$($lock.Name)*" | Should -HaveCount 1
        $lock.Name | Get-IpcLock | Should -HaveCount 1
        (Get-IpcLock).Name | Should -Contain $lock.Name
        Get-IpcLock 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-IpcLock no-such-lock -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcLock 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $lock = New-IpcLock
        (Get-IpcLock $lock.Name | Format-Table | Out-String) | Should -Match $lock.Name
    }

    It 'completes the names of those that there are' {
        $lock = New-IpcLock
        (TabExpansion2 "Get-IpcLock $($lock.Name.Substring(0, $lock.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $lock.Name
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-IpcLock -Name "pester-late-$using:PID"
            Receive-IpcMessage $using:go -Timeout 60
            Remove-IpcLock $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-IpcLock "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-IpcLock "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-IpcLock "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-IpcLock "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-IpcLock "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
