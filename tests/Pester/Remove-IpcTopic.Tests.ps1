BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcTopic' {
    AfterEach { Remove-TestObject }

    It 'removes topics by object, by name and from the pipeline' {
        $a, $b, $c = 1..3 | ForEach-Object { New-IpcTopic }
        Remove-IpcTopic $a -WhatIf
        Get-IpcTopic $a.Name | Should -HaveCount 1
        Remove-IpcTopic $a
        Remove-IpcTopic $b.Name
        $c | Remove-IpcTopic -Confirm:$false
        Get-IpcTopic | Where-Object Name -in $a.Name, $b.Name, $c.Name | Should -BeNullOrEmpty
    }

    It 'says what it cannot remove' {
        { Remove-IpcTopic no-such-topic -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-IpcTopic 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }

    It 'wants a server that the session is connected to' {
        { Remove-IpcTopic any-name -Server no-such-server -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
