BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcPipe' {
    AfterEach { Remove-TestObject }

    It 'removes pipes by object, by name and from the pipeline' {
        $a, $b, $c = 1..3 | ForEach-Object { New-IpcPipe }
        Remove-IpcPipe $a -WhatIf
        Get-IpcPipe $a.Name | Should -HaveCount 1
        Remove-IpcPipe $a
        Remove-IpcPipe $b.Name
        $c | Remove-IpcPipe -Confirm:$false
        Get-IpcPipe | Where-Object Name -in $a.Name, $b.Name, $c.Name | Should -BeNullOrEmpty
    }

    It 'says what it cannot remove' {
        { Remove-IpcPipe no-such-pipe -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-IpcPipe 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
