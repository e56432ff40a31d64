BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcEvent' {
    AfterEach { Remove-TestObject }

    It 'makes an event that lets all go until it is reset' {
        $event = New-IpcEvent
        $event.IsSet | Should -BeFalse
        Set-IpcEvent $event
        $event.Wait(0), $event.Wait(0) | Should -Be $true, $true
    }

    It 'makes one that lets one go, set from the start' {
        $event = New-IpcEvent -AutoReset -Set
        $event.Wait(0), $event.Wait(0) | Should -Be $true, $false
    }

    It 'takes a name, and stays when it is told to' {
        $event = New-IpcEvent "pester-$PID" -Set -Persistent
        $event.Dispose()
        (Get-IpcEvent "pester-$PID").IsSet | Should -BeTrue
    }

    It 'says what it cannot make' {
        $event = New-IpcEvent
        { New-IpcEvent $event.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcEvent 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }
}
