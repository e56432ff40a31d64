BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Start-ProcessPoolWorker' {
    It 'wants a server that the session is connected to' {
        { Start-ProcessPoolWorker no-such-server render -Count 1 -Key 'a long key' -DrainTimeout 1 -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Start-ProcessPoolWorker no-such-server render -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
