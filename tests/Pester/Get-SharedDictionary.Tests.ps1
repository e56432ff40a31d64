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
}
