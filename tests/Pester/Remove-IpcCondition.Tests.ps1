BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcCondition' {
    AfterEach { Remove-TestObject }

    It 'removes by object, by name and from the pipeline' {
        $a, $b, $c, $d = 1..4 | ForEach-Object { New-IpcCondition }
        Remove-IpcCondition $a, $b
        Remove-IpcCondition -Condition $c.Name
        $d | Remove-IpcCondition -Confirm:$false
        Get-IpcCondition | Where-Object Name -in $a.Name, $b.Name, $c.Name, $d.Name | Should -BeNullOrEmpty
    }

    It 'only says so with -WhatIf' {
        $condition = New-IpcCondition
        Remove-IpcCondition $condition -WhatIf
        Get-IpcCondition $condition.Name | Should -HaveCount 1
    }

    It 'says what it cannot remove' {
        { Remove-IpcCondition no-such-condition -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-IpcCondition 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
