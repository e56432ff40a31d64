BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcProcess' {
    AfterAll { Remove-TestObject }

    It 'forgets a process that has ended, and stops one that runs with -Force' {
        $p = Start-IpcProcess { Start-Sleep 60 }
        { Remove-IpcProcess $p -ErrorAction Stop } | Should -Throw -ErrorId 'IpcProcessRunning,*' -ExpectedMessage "*$($p.Name)*-Force*"
        Remove-IpcProcess $p -Force -WhatIf
        $p.IsAlive | Should -BeTrue
        $p | Remove-IpcProcess -Force -Confirm:$false
        $p.IsAlive | Should -BeFalse
        { Get-IpcProcess $p.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        $q = Start-IpcProcess { } | Wait-IpcProcess
        Remove-IpcProcess $q.Name
        Get-IpcProcess | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Remove-IpcProcess none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
