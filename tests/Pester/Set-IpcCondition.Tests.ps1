BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Set-IpcCondition' {
    AfterEach { Remove-TestObject }

    It 'wakes one, or all' {
        $condition = New-IpcCondition
        $gone = New-SharedValue -Value 0
        $others = 1..3 | ForEach-Object { Start-Other { Wait-IpcCondition $using:condition; $null = ($using:gone).Add(1) } }
        Wait-Until { $condition.WaitingCount -eq 3 }
        Set-IpcCondition $condition -WhatIf
        $condition | Set-IpcCondition -Confirm:$false
        Wait-Until { $gone.Value -eq 1 }
        $condition.WaitingCount | Should -Be 2
        Set-IpcCondition $condition.Name -All
        $others | Wait-ProcessPoolTask -Timeout 60 -ErrorAction Stop | Should -HaveCount 3
        $gone.Value | Should -Be 3
    }

    It 'says what it cannot set' {
        { Set-IpcCondition no-such-condition -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Set-IpcCondition 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
