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
}
