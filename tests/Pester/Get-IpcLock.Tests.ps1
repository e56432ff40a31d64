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
}
