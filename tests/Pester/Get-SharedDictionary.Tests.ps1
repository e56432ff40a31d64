BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-SharedDictionary' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $dictionary = New-SharedDictionary
        (Get-SharedDictionary $dictionary.Name).Name | Should -Be $dictionary.Name
        Get-SharedDictionary "$($dictionary.Name)*" | Should -HaveCount 1
        $dictionary.Name | Get-SharedDictionary | Should -HaveCount 1
        (Get-SharedDictionary).Name | Should -Contain $dictionary.Name
        Get-SharedDictionary 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-SharedDictionary no-such-dictionary -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-SharedDictionary 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $dictionary = New-SharedDictionary
        (Get-SharedDictionary $dictionary.Name | Format-Table | Out-String) | Should -Match $dictionary.Name
    }

    It 'completes the names of those that there are' {
        $dictionary = New-SharedDictionary
        (TabExpansion2 "Get-SharedDictionary $($dictionary.Name.Substring(0, $dictionary.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $dictionary.Name
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-SharedDictionary -Name "pester-late-$using:PID"
            Receive-IpcMessage $using:go -Timeout 60
            Remove-SharedDictionary $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-SharedDictionary "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-SharedDictionary "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-SharedDictionary "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-SharedDictionary "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-SharedDictionary "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
