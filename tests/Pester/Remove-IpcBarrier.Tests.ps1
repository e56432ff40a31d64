BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcBarrier' {
    AfterEach { Remove-TestObject }

    It 'removes by object, by name and from the pipeline' {
        $a, $b, $c, $d = 1..4 | ForEach-Object { New-IpcBarrier -ParticipantCount 2 }
        Remove-IpcBarrier $a, $b
        Remove-IpcBarrier -Barrier $c.Name
        $d | Remove-IpcBarrier -Confirm:$false
        Get-IpcBarrier | Where-Object Name -in $a.Name, $b.Name, $c.Name, $d.Name | Should -BeNullOrEmpty
    }

    It 'only says so with -WhatIf' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        Remove-IpcBarrier $barrier -WhatIf
        Get-IpcBarrier $barrier.Name | Should -HaveCount 1
    }

    It 'says what it cannot remove' {
        { Remove-IpcBarrier no-such-barrier -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-IpcBarrier 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
