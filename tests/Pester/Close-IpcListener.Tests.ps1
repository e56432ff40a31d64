BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Close-IpcListener' {
    AfterEach { Remove-TestObject }

    It 'ends the listening, and leaves nothing behind' {
        $listener = New-IpcListener
        Close-IpcListener $listener -WhatIf
        $listener.IsClosed | Should -BeFalse
        $listener | Close-IpcListener -Confirm:$false
        $listener.IsClosed | Should -BeTrue
        Test-Path $listener.Address | Should -BeFalse
        { Receive-IpcConnection $listener -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }

    It 'leaves connections open' {
        $listener = New-IpcListener
        $client = Connect-IpcPipe $listener.Address
        $server = Receive-IpcConnection $listener -Timeout 60
        Close-IpcListener $listener
        1 | Send-IpcMessage $client
        Receive-IpcMessage $server -Timeout 60 | Should -Be 1
        $client, $server | Close-IpcPipe
    }
}
