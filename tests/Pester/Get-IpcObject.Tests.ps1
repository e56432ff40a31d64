BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcObject' {
    AfterEach { Remove-TestObject }

    It 'lists who has what open' {
        $q = New-IpcQueue
        $o = Get-IpcObject $q.Name
        $o.Kind | Should -Be 'Queue'
        $o.AttachedProcesses | Should -Contain $PID
        (Get-IpcObject).Name | Should -Contain $q.Name
        Get-IpcObject "$($q.Name)*" -Kind Lock, Topic | Should -BeNullOrEmpty
        Get-IpcObject $q.Name -Kind Queue | Should -HaveCount 1
    }

    It 'lists what nobody has open' {
        $kept = New-IpcLock -Persistent
        Get-IpcObject -Orphaned | Where-Object Name -eq $kept.Name | Should -BeNullOrEmpty
        $kept.Dispose()
        Get-IpcObject -Orphaned | Where-Object Name -eq $kept.Name | Should -HaveCount 1
    }

    It 'lists what a process keeps' {
        $q = New-IpcQueue
        (Get-IpcObject -ProcessId $PID).Name | Should -Contain $q.Name
        $other = Start-Other { $mine = New-IpcQueue; $mine.Name; Start-Sleep 60 }
        Wait-Until { Get-IpcObject -ProcessId $other.Worker -Kind Queue }
        (Get-IpcObject -ProcessId $other.Worker).Name | Should -Not -Contain $q.Name
        (Get-IpcObject -ProcessId $other.Worker, $PID -Kind Queue).Name | Should -Contain $q.Name
        Stop-Other $other
        Get-IpcObject -ProcessId $other.Worker | Should -BeNullOrEmpty
    }

    It 'shows who holds what and who waits' {
        $lock = New-IpcLock
        $holder = Start-Other { Enter-IpcLock $using:lock; Start-Sleep 60 }
        Wait-Until { (Get-IpcObject $lock.Name).HolderProcesses -contains $holder.Worker }
        $waiter = Start-Other { Enter-IpcLock $using:lock -WarningAction SilentlyContinue; Exit-IpcLock $using:lock }
        Wait-Until { (Get-IpcObject $lock.Name).WaitingProcesses -contains $waiter.Worker }
        (Get-IpcObject $lock.Name | Format-Table 'Kind', 'HolderProcesses', 'WaitingProcesses' | Out-String) | Should -Match "Lock +\{$($holder.Worker)\} +\{$($waiter.Worker)\}"
        (Get-IpcObject $lock.Name | Out-String -Width 200) | Should -Match 'Held by +Waiting'
        Stop-Other $holder
        Receive-ProcessPoolTask $waiter -Timeout 60
        (Get-IpcObject $lock.Name).HolderProcesses | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-IpcObject no-such-object -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        Get-IpcObject no-such-* | Should -BeNullOrEmpty
    }
}
