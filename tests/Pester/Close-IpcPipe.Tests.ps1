BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Close-IpcPipe' {
    AfterEach { Remove-TestObject }

    It 'ends the other side when it has the rest' {
        $pipe = New-IpcPipe
        1 | Send-IpcMessage $pipe.Writer
        Close-IpcPipe $pipe.Writer -WhatIf
        2 | Send-IpcMessage $pipe.Writer
        $pipe.Writer | Close-IpcPipe -Confirm:$false
        { 3 | Send-IpcMessage $pipe.Writer -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
        Receive-IpcMessage $pipe.Reader -Wait | Should -Be 1, 2
    }

    It 'says what it cannot close' {
        { Close-IpcPipe no-such-pipe -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Close-IpcPipe 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
