BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-SharedDictionary' {
    AfterEach { Remove-TestObject }

    It 'removes by object, by name and from the pipeline' {
        $a, $b, $c, $d = 1..4 | ForEach-Object { New-SharedDictionary }
        Remove-SharedDictionary $a, $b
        Remove-SharedDictionary -InputObject $c.Name
        $d | Remove-SharedDictionary -Confirm:$false
        Get-SharedDictionary | Where-Object Name -in $a.Name, $b.Name, $c.Name, $d.Name | Should -BeNullOrEmpty
    }

    It 'only says so with -WhatIf' {
        $dictionary = New-SharedDictionary
        Remove-SharedDictionary $dictionary -WhatIf
        Get-SharedDictionary $dictionary.Name | Should -HaveCount 1
    }

    It 'says what it cannot remove' {
        { Remove-SharedDictionary no-such-dictionary -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-SharedDictionary 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
