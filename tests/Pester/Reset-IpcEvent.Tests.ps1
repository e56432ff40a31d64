BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Reset-IpcEvent' {
    AfterEach { Remove-TestObject }

    It 'lets nobody go any more' {
        $event = New-IpcEvent -Set
        $event | Reset-IpcEvent
        $event.IsSet | Should -BeFalse
        { Wait-IpcEvent $event -Timeout 0 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        Set-IpcEvent $event
        Reset-IpcEvent $event.Name
        $event.IsSet | Should -BeFalse
    }

    It 'says what it cannot reset' {
        { Reset-IpcEvent no-such-event -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Reset-IpcEvent 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
