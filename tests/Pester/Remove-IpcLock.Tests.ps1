BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcLock' {
    AfterEach { Remove-TestObject }

    It 'removes by object, by name and from the pipeline' {
        $a, $b, $c, $d = 1..4 | ForEach-Object { New-IpcLock }
        Remove-IpcLock $a, $b
        Remove-IpcLock -Lock $c.Name
        $d | Remove-IpcLock -Confirm:$false
        Get-IpcLock | Where-Object Name -in $a.Name, $b.Name, $c.Name, $d.Name | Should -BeNullOrEmpty
    }

    It 'only says so with -WhatIf' {
        $lock = New-IpcLock
        Remove-IpcLock $lock -WhatIf
        Get-IpcLock $lock.Name | Should -HaveCount 1
    }

    It 'says what it cannot remove' {
        { Remove-IpcLock no-such-lock -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-IpcLock 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
