BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
}

Describe 'Use-IpcLock' {
    It 'lets go of the lock at the end, on an error and at the early end of a pipeline' {
        $lock = New-IpcLock
        Use-IpcLock $lock { $lock.IsHeldHere } | Should -BeTrue
        { Use-IpcLock $lock { throw 'no' } } | Should -Throw 'no'
        $lock.IsHeld | Should -BeFalse
        Use-IpcLock $lock { 1; 2; 3 } | Select-Object -First 1 | Should -Be 1
        $lock.IsHeld | Should -BeFalse
        ($lock | Format-Table | Out-String) | Should -Match 'Free'
        Remove-IpcLock $lock
    }

    It 'does not run the script block when the time is over' {
        $lock = New-IpcLock
        $process = Start-IpcProcess { Enter-IpcLock $using:lock; 'has it'; Start-Sleep 60 }
        while (-not $lock.IsHeld) { Start-Sleep -Milliseconds 5 }
        $ran = $false
        { Use-IpcLock $lock { $ran = $true } -Timeout 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $ran | Should -BeFalse
        Stop-IpcProcess $process -Force
        Enter-IpcLock $lock -Timeout 5 -WarningVariable warning -WarningAction SilentlyContinue
        $lock.Abandoned | Should -BeTrue
        $warning | Should -Not -BeNullOrEmpty
        Exit-IpcLock $lock
        Remove-IpcProcess $process
        Remove-IpcLock $lock
    }
}

Describe 'Locks' {
    It 'are taken once, or as often as they are let go of' {
        $lock = New-IpcLock
        Enter-IpcLock $lock
        { Enter-IpcLock (Get-IpcLock $lock.Name) -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $lock.TryEnter() | Should -BeFalse
        Exit-IpcLock $lock
        { Exit-IpcLock $lock -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotOwner,*'
        Remove-IpcLock $lock
        $recursive = New-IpcLock -Recursive
        Use-IpcLock $recursive { Use-IpcLock $recursive { 'inside' } } | Should -Be 'inside'
        $recursive.IsHeld | Should -BeFalse
        Remove-IpcLock $recursive
    }

    It 'of arrays, values, memory and dictionaries are taken as well' {
        $a = New-SharedArray -Length 1
        $v = New-SharedValue -Value 1
        $m = New-SharedMemory -Size 1
        $d = New-SharedDictionary
        Use-IpcLock $a { $a.Lock.IsHeldHere } | Should -BeTrue
        foreach ($one in $v, $m, $d) { Use-IpcLock $one { $one.Lock.IsHeldHere } | Should -BeTrue; $one.Lock.IsHeld | Should -BeFalse }
        Remove-SharedArray $a
        Remove-SharedValue $v
        Remove-SharedMemory $m
        Remove-SharedDictionary $d
    }

    It 'complete by name' {
        $lock = New-IpcLock
        (TabExpansion2 "Use-IpcLock $($lock.Name.Substring(0, 7))").CompletionMatches.CompletionText | Should -Contain $lock.Name
        Remove-IpcLock $lock
    }

    It 'are let go of when the pipeline is stopped' {
        $lock = New-IpcLock
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$module'; Use-IpcLock $($lock.Name) { while (`$true) { Start-Sleep -Milliseconds 5 } }")
        $null = $shell.BeginInvoke()
        while (-not $lock.IsHeld) { Start-Sleep -Milliseconds 5 }
        $shell.Stop()
        $lock.IsHeld | Should -BeFalse
        $shell.Dispose()
        Remove-IpcLock $lock
    }
}

Describe 'Get-IpcObject' {
    It 'shows who holds what and who waits' {
        $lock = New-IpcLock
        $holder = Start-IpcProcess { Enter-IpcLock $using:lock; Start-Sleep 60 }
        while ((Get-IpcObject $lock.Name).HolderProcesses -notcontains $holder.ProcessId) { Start-Sleep -Milliseconds 5 }
        $waiter = Start-IpcProcess { Enter-IpcLock $using:lock }
        while ((Get-IpcObject $lock.Name).WaitingProcesses -notcontains $waiter.ProcessId) { Start-Sleep -Milliseconds 5 }
        (Get-IpcObject $lock.Name | Format-Table 'Kind', 'HolderProcesses', 'WaitingProcesses' | Out-String) | Should -Match "Lock +\{$($holder.ProcessId)\} +\{$($waiter.ProcessId)\}"
        (Get-IpcObject $lock.Name | Out-String -Width 200) | Should -Match 'Held by +Waiting'
        Stop-IpcProcess $holder -Force
        $waiter | Wait-IpcProcess -Timeout 30 | Remove-IpcProcess
        (Get-IpcObject $lock.Name).HolderProcesses | Should -BeNullOrEmpty
        Remove-IpcProcess $holder
        Remove-IpcLock $lock
    }
}

Describe 'Semaphores and events' {
    It 'a semaphore gives and takes permits' {
        $semaphore = New-IpcSemaphore -Count 1 -Maximum 2
        Enter-IpcSemaphore $semaphore
        { Enter-IpcSemaphore $semaphore -Timeout 0 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        Exit-IpcSemaphore $semaphore -Count 2
        $semaphore.Count | Should -Be 2
        Remove-IpcSemaphore $semaphore
    }

    It 'an event wakes a waiter in another process' {
        $go = New-IpcEvent
        $process = Start-IpcProcess { Wait-IpcEvent $using:go; 'went' }
        Set-IpcEvent $go
        $process | Wait-IpcProcess -Timeout 20 | Receive-IpcProcess | Should -Be 'went'
        Remove-IpcProcess $process
        Remove-IpcEvent $go
    }

    It 'a killed process gives its permit back' {
        $semaphore = New-IpcSemaphore -Count 1
        $process = Start-IpcProcess { Enter-IpcSemaphore $using:semaphore; Start-Sleep 60 }
        while ($semaphore.Count -gt 0) { Start-Sleep -Milliseconds 5 }
        $semaphore.TryEnter() | Should -BeFalse
        Stop-IpcProcess $process -Force
        Enter-IpcSemaphore $semaphore -Timeout 10 -ErrorAction Stop
        $semaphore.HeldHere | Should -Be 1
        Exit-IpcSemaphore $semaphore
        { Exit-IpcSemaphore $semaphore -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotOwner,*'
        Remove-IpcProcess $process
        (Get-IpcSemaphore $semaphore.Name | Format-Table | Out-String) | Should -Match $semaphore.Name
        Remove-IpcSemaphore $semaphore
    }

    It 'an automatic event lets one go, a manual one all, until it is reset' {
        $one = New-IpcEvent -AutoReset -Set
        $one.Wait(0) | Should -BeTrue
        $one.Wait(0) | Should -BeFalse
        $all = New-IpcEvent
        { Wait-IpcEvent $all -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        Set-IpcEvent $all
        $all.Wait(0) | Should -BeTrue
        $all.Wait(0) | Should -BeTrue
        (Wait-IpcObject $one, $all -Timeout 5).Name | Should -Be $all.Name
        Reset-IpcEvent $all
        $all.IsSet | Should -BeFalse
        (Get-IpcEvent $all.Name).Name | Should -Be $all.Name
        Remove-IpcEvent $one, $all
        { Set-IpcEvent $all -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }
}
