BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcSemaphore' {
    AfterEach { Remove-TestObject }

    It 'removes by object, by name and from the pipeline' {
        $a, $b, $c, $d = 1..4 | ForEach-Object { New-IpcSemaphore -Count 1 }
        Remove-IpcSemaphore $a, $b
        Remove-IpcSemaphore -Semaphore $c.Name
        $d | Remove-IpcSemaphore -Confirm:$false
        Get-IpcSemaphore | Where-Object Name -in $a.Name, $b.Name, $c.Name, $d.Name | Should -BeNullOrEmpty
    }

    It 'only says so with -WhatIf' {
        $semaphore = New-IpcSemaphore -Count 1
        Remove-IpcSemaphore $semaphore -WhatIf
        Get-IpcSemaphore $semaphore.Name | Should -HaveCount 1
    }

    It 'says what it cannot remove' {
        { Remove-IpcSemaphore no-such-semaphore -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-IpcSemaphore 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
