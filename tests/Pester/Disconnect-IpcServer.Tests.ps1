BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Disconnect-IpcServer' {
    It 'says that there is no such connection' {
        { Disconnect-IpcServer no-such-server -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Disconnect-IpcServer no-such-server -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
