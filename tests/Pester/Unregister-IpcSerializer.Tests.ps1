BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Unregister-IpcSerializer' {
    AfterEach { Remove-TestObject }

    It 'takes a serializer away' {
        Register-IpcSerializer PesterGone { 'one' } { 'read' } -Force
        Unregister-IpcSerializer PesterGone -WhatIf
        Get-IpcSerializer PesterGone | Should -HaveCount 1
        Unregister-IpcSerializer -Name PesterGone -Confirm:$false
        { Get-IpcSerializer PesterGone -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It 'says what it cannot take away' {
        { Unregister-IpcSerializer none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Unregister-IpcSerializer Json -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
