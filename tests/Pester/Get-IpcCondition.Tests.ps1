BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcCondition' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $condition = New-IpcCondition
        (Get-IpcCondition $condition.Name).Name | Should -Be $condition.Name
        Get-IpcCondition "$($condition.Name)*" | Should -HaveCount 1
        $condition.Name | Get-IpcCondition | Should -HaveCount 1
        (Get-IpcCondition).Name | Should -Contain $condition.Name
        Get-IpcCondition 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-IpcCondition no-such-condition -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcCondition 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $condition = New-IpcCondition
        (Get-IpcCondition $condition.Name | Format-Table | Out-String) | Should -Match $condition.Name
    }

    It 'completes the names of those that there are' {
        $condition = New-IpcCondition
        (TabExpansion2 "Get-IpcCondition $($condition.Name.Substring(0, $condition.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $condition.Name
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-IpcCondition -Name "pester-late-$using:PID"
            Receive-IpcMessage $using:go -Timeout 60
            Remove-IpcCondition $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-IpcCondition "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-IpcCondition "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-IpcCondition "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-IpcCondition "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-IpcCondition "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
