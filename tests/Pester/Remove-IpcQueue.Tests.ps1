BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcQueue' {
    AfterEach { Remove-TestObject }

    It 'removes queues by object, by name and from the pipeline' {
        $a, $b, $c, $d = 1..4 | ForEach-Object { New-IpcQueue }
        Remove-IpcQueue $a, $b
        Remove-IpcQueue $c.Name
        $d | Remove-IpcQueue -Confirm:$false
        Get-IpcQueue | Where-Object Name -in $a.Name, $b.Name, $c.Name, $d.Name | Should -BeNullOrEmpty
        $null = 'a', 'b' | ForEach-Object { New-IpcQueue "pester-$PID-$_" }
        Remove-IpcQueue "pester-$PID-*"
        Get-IpcQueue "pester-$PID-*" | Should -BeNullOrEmpty
    }

    It 'wakes who waits in another process' {
        $q = New-IpcQueue
        $other = Start-Other { try { Receive-IpcMessage $using:q -ErrorAction Stop } catch { $_.FullyQualifiedErrorId } }
        Wait-Until { (Get-IpcObject $q.Name).WaitingProcesses }
        Remove-IpcQueue $q
        Receive-ProcessPoolTask $other -Timeout 60 | Should -BeLike 'IpcClosed,*'
    }

    It 'only says so with -WhatIf' {
        $q = New-IpcQueue
        Remove-IpcQueue $q -WhatIf
        Get-IpcQueue $q.Name | Should -HaveCount 1
    }

    It 'says what it cannot remove' {
        { Remove-IpcQueue no-such-queue -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-IpcQueue (New-IpcLock) -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }

    It 'wants a server that the session is connected to' {
        { Remove-IpcQueue any-name -Server no-such-server -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
