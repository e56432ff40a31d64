BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-SharedArray' {
    AfterEach { Remove-TestObject }

    It 'removes by object and by name' {
        $a = New-SharedArray -Length 3
        $b = New-SharedArray -Length 3
        Remove-SharedArray $a -Confirm:$false
        Remove-SharedArray -Array $b.Name
        $a.IsRemoved, $b.IsRemoved | Should -Be $true, $true
        Get-IpcObject | Where-Object Name -in $a.Name, $b.Name | Should -BeNullOrEmpty
    }

    It 'only says so with -WhatIf' {
        $array = New-SharedArray -Length 3
        Remove-SharedArray $array -WhatIf
        Get-SharedArray $array.Name | Should -HaveCount 1
    }

    It 'says what it cannot remove' {
        { Remove-SharedArray no-such-array -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-SharedArray 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
