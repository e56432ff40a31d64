BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcEvent' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $event = New-IpcEvent
        (Get-IpcEvent $event.Name).Name | Should -Be $event.Name
        Get-IpcEvent "$($event.Name)*" | Should -HaveCount 1
        $event.Name | Get-IpcEvent | Should -HaveCount 1
        (Get-IpcEvent).Name | Should -Contain $event.Name
        Get-IpcEvent 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-IpcEvent no-such-event -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcEvent 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $event = New-IpcEvent
        (Get-IpcEvent $event.Name | Format-Table | Out-String) | Should -Match $event.Name
    }

    It 'completes the names of those that there are' {
        $event = New-IpcEvent
        (TabExpansion2 "Get-IpcEvent $($event.Name.Substring(0, $event.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $event.Name
    }
}
