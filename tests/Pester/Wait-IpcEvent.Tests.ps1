BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Wait-IpcEvent' {
    AfterEach { Remove-TestObject }

    It 'waits until another process sets it' {
        $go = New-IpcEvent
        { Wait-IpcEvent $go -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $other = Start-Other { Set-IpcEvent $using:go }
        Wait-IpcEvent $go.Name -Timeout 60 -ErrorAction Stop
        $go | Wait-IpcEvent -Timeout 0 -ErrorAction Stop
        Receive-ProcessPoolTask $other
    }

    It 'says what it cannot wait for' {
        { Wait-IpcEvent no-such-event -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Wait-IpcEvent 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
