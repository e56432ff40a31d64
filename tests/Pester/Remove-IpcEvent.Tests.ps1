BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcEvent' {
    AfterEach { Remove-TestObject }

    It 'removes by object, by name and from the pipeline' {
        $a, $b, $c, $d = 1..4 | ForEach-Object { New-IpcEvent }
        Remove-IpcEvent $a, $b
        Remove-IpcEvent -Event $c.Name
        $d | Remove-IpcEvent -Confirm:$false
        Get-IpcEvent | Where-Object Name -in $a.Name, $b.Name, $c.Name, $d.Name | Should -BeNullOrEmpty
    }

    It 'only says so with -WhatIf' {
        $event = New-IpcEvent
        Remove-IpcEvent $event -WhatIf
        Get-IpcEvent $event.Name | Should -HaveCount 1
    }

    It 'says what it cannot remove' {
        { Remove-IpcEvent no-such-event -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-IpcEvent 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
