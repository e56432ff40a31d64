BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-SharedValue' {
    AfterEach { Remove-TestObject }

    It 'removes by object, by name and from the pipeline' {
        $a, $b, $c, $d = 1..4 | ForEach-Object { New-SharedValue -Value 1 }
        Remove-SharedValue $a, $b
        Remove-SharedValue -InputObject $c.Name
        $d | Remove-SharedValue -Confirm:$false
        Get-SharedValue | Where-Object Name -in $a.Name, $b.Name, $c.Name, $d.Name | Should -BeNullOrEmpty
    }

    It 'only says so with -WhatIf' {
        $value = New-SharedValue -Value 1
        Remove-SharedValue $value -WhatIf
        Get-SharedValue $value.Name | Should -HaveCount 1
    }

    It 'says what it cannot remove' {
        { Remove-SharedValue no-such-value -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-SharedValue 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
