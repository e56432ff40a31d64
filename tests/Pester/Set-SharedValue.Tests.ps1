BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Set-SharedValue' {
    AfterEach { Remove-TestObject }

    It 'stores a value' {
        $v = New-SharedValue -Value 1
        Set-SharedValue $v 4 -PassThru | ForEach-Object Value | Should -Be 4
        Set-SharedValue $v.Name -Value 5
        $v | Set-SharedValue -Value 6 -Confirm:$false
        $v.Value | Should -Be 6
        Set-SharedValue $v 7 -WhatIf
        $v.Value | Should -Be 6
    }

    It 'says what it cannot store' {
        $v = New-SharedValue -Value 1 -Type Int32
        { Set-SharedValue $v 'text' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { Set-SharedValue no-such-value 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        Remove-SharedValue $v
        { Set-SharedValue $v 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }
}
