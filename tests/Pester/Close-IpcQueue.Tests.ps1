BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Close-IpcQueue' {
    AfterEach { Remove-TestObject }

    It 'lets receivers have the rest, then ends them' {
        $q = New-IpcQueue
        1..3 | Send-IpcMessage $q
        $q | Close-IpcQueue
        $q.IsClosed | Should -BeTrue
        Receive-IpcMessage $q -Wait | Should -Be 1, 2, 3
        { Send-IpcMessage $q 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }

    It 'wakes a receiver in another process' {
        $q = New-IpcQueue
        $other = Start-Other { Receive-IpcMessage $using:q -Wait; 'ended' }
        Wait-Until { (Get-IpcObject $q.Name).WaitingProcesses }
        Close-IpcQueue $q.Name
        Receive-ProcessPoolTask $other -Timeout 60 | Should -Be 'ended'
    }

    It 'only says so with -WhatIf' {
        $q = New-IpcQueue
        Close-IpcQueue $q -WhatIf
        $q.IsClosed | Should -BeFalse
        Close-IpcQueue $q -Confirm:$false
        $q.IsClosed | Should -BeTrue
    }

    It 'says what it cannot close' {
        { Close-IpcQueue no-such-queue -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Close-IpcQueue 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }

    It 'wants a server that the session is connected to' {
        { Close-IpcQueue any-name -Server no-such-server -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
