BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-SharedValue' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $value = New-SharedValue -Value 1
        (Get-SharedValue $value.Name).Name | Should -Be $value.Name
        Get-SharedValue "$($value.Name)*" | Should -HaveCount 1
        $value.Name | Get-SharedValue | Should -HaveCount 1
        (Get-SharedValue).Name | Should -Contain $value.Name
        Get-SharedValue 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-SharedValue no-such-value -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-SharedValue 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $value = New-SharedValue -Value 1
        (Get-SharedValue $value.Name | Format-Table | Out-String) | Should -Match $value.Name
    }

    It 'completes the names of those that there are' {
        $value = New-SharedValue -Value 1
        (TabExpansion2 "Get-SharedValue $($value.Name.Substring(0, $value.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $value.Name
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-SharedValue -Name "pester-late-$using:PID" -Value 5
            Receive-IpcMessage $using:go -Timeout 60
            Remove-SharedValue $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-SharedValue "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-SharedValue "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-SharedValue "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-SharedValue "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-SharedValue "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
