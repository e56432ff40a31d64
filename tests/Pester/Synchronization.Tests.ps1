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
}
