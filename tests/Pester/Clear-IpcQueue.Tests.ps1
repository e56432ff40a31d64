BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Clear-IpcQueue' {
    AfterEach { Remove-TestObject }

    It 'takes out all messages' {
        $q = New-IpcQueue
        1..3 | Send-IpcMessage $q
        Clear-IpcQueue $q -WhatIf
        $q.Count | Should -Be 3
        $q | Clear-IpcQueue -Confirm:$false
        $q.Count | Should -Be 0
        4 | Send-IpcMessage $q
        Clear-IpcQueue $q.Name
        $q.Count | Should -Be 0
    }

    It 'says what it cannot clear' {
        { Clear-IpcQueue no-such-queue -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Clear-IpcQueue 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }

    It 'wants a server that the session is connected to' {
        { Clear-IpcQueue any-name -Server no-such-server -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
