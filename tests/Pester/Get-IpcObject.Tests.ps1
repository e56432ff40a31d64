BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcObject' {
    AfterEach { Remove-TestObject }

    It 'lists who has what open' {
        $q = New-IpcQueue
        $o = Get-IpcObject $q.Name
        $o.Kind | Should -Be 'Queue'
        $o.AttachedProcesses | Should -Contain $PID
        $o.CreatorProcessId | Should -Be $PID
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

    It 'shows who holds what and who waits, of each kind' {
        function Wait-Waiter($Object) { Wait-Until { (Get-IpcObject $Object.Name).WaitingProcesses -contains $waiter.Worker } }
        $lock = New-IpcLock
        $permits = New-IpcSemaphore -Count 1
        $spare = New-IpcSemaphore -Count 0 -Maximum 1
        $condition = New-IpcCondition
        $barrier = New-IpcBarrier -ParticipantCount 2
        $array = New-SharedArray -Length 1
        $dictionary = New-SharedDictionary
        $value = New-SharedValue -Value 1
        $queue = New-IpcQueue
        $go, $next, $over = 1..3 | ForEach-Object { New-IpcEvent }
        $holder = Start-Other {
            Enter-IpcLock $using:lock; Enter-IpcLock $using:array; Enter-IpcLock $using:dictionary; Enter-IpcLock $using:value
            Enter-IpcSemaphore $using:permits
            Use-IpcLock $using:condition { Wait-IpcEvent $using:over }
        }
        Wait-Until { (Get-IpcObject $over.Name).WaitingProcesses -contains $holder.Worker }
        foreach ($name in $lock.Name, $permits.Name, $array.Name, $dictionary.Name, $value.Name, $condition.Name) { (Get-IpcObject $name).HolderProcesses | Should -Be $holder.Worker }
        (Get-IpcObject $dictionary.Name).WaitingProcesses | Should -BeNullOrEmpty
        $waiter = Start-Other {
            Wait-IpcEvent $using:go
            $null = Receive-IpcMessage $using:queue
            Wait-IpcBarrier $using:barrier
            $null = Wait-IpcObject $using:next, $using:queue
            Enter-IpcSemaphore $using:spare
            Exit-IpcSemaphore $using:spare
            Enter-IpcLock $using:lock -WarningAction SilentlyContinue
            Exit-IpcLock $using:lock
        }
        Wait-Waiter $go
        (Get-IpcObject $go.Name).HolderProcesses | Should -BeNullOrEmpty
        Set-IpcEvent $go
        Wait-Waiter $queue
        1 | Send-IpcMessage $queue
        Wait-Waiter $barrier
        Wait-IpcBarrier $barrier -Timeout 60 -ErrorAction Stop
        Wait-Waiter $next
        Wait-Waiter $queue
        1 | Send-IpcMessage $queue
        Wait-Waiter $spare
        Exit-IpcSemaphore $spare
        Wait-Waiter $lock
        (Get-IpcObject $lock.Name | Format-Table 'Kind', 'HolderProcesses', 'WaitingProcesses' | Out-String) | Should -Match "Lock +\{$($holder.Worker)\} +\{$($waiter.Worker)\}"
        $own = New-IpcLock
        Enter-IpcLock $own
        $table = Get-IpcObject $own.Name | Out-String -Width 200
        $table | Should -Match 'Held by +Waiting'
        $table | Should -Match "Lock +$($own.Name) +$PID +$PID +[0-9.]+ KB +\S+ +$PID\s"
        # A killed one holds nothing, and nobody waits any more who went on.
        Stop-Other $holder
        Receive-ProcessPoolTask $waiter -Timeout 60
        foreach ($object in $lock, $permits, $spare, $condition, $barrier, $dictionary, $value, $queue, $go, $next, $over) {
            $info = Get-IpcObject $object.Name
            $info.HolderProcesses.Count + $info.WaitingProcesses.Count | Should -Be 0 -Because $info.Kind
        }
    }

    It 'says what it does not find' {
        { Get-IpcObject no-such-object -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        Get-IpcObject no-such-* | Should -BeNullOrEmpty
    }
}
