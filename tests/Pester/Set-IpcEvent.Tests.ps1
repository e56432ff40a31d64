BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Set-IpcEvent' {
    AfterEach { Remove-TestObject }

    It 'wakes a waiter in another process' {
        $go = New-IpcEvent
        $other = Start-Other { Wait-IpcEvent $using:go; 'went' }
        Wait-Until { (Get-IpcObject $go.Name).WaitingProcesses }
        Set-IpcEvent $go
        Receive-ProcessPoolTask $other -Timeout 60 | Should -Be 'went'
    }

    It 'sets by name and from the pipeline' {
        $a = New-IpcEvent
        $b = New-IpcEvent
        Set-IpcEvent $a.Name
        $b | Set-IpcEvent
        $a.IsSet, $b.IsSet | Should -Be $true, $true
    }

    It 'says what it cannot set' {
        $event = New-IpcEvent
        Remove-IpcEvent $event
        { Set-IpcEvent $event -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
        { Set-IpcEvent no-such-event -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Set-IpcEvent 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
