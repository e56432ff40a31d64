BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcObject' {
    AfterEach { Remove-TestObject }

    It 'removes objects of any kind by their names' {
        $null = New-IpcQueue "pester-$PID-in"
        $null = New-IpcLock "pester-$PID-lock"
        Remove-IpcObject "pester-$PID-*" -WhatIf
        @(Get-IpcObject "pester-$PID-*") | Should -HaveCount 2
        Remove-IpcObject "pester-$PID-*" -Kind Lock
        (Get-IpcObject "pester-$PID-*").Kind | Should -Be 'Queue'
        Get-IpcObject "pester-$PID-*" | Remove-IpcObject -Confirm:$false
        Get-IpcObject "pester-$PID-*" | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Remove-IpcObject no-such-object -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
