BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Enter-IpcLock' {
    AfterEach { Remove-TestObject }

    It 'waits until another process lets go' {
        $lock = New-IpcLock
        $go = New-IpcEvent
        $other = Start-Other { Use-IpcLock $using:lock { Wait-IpcEvent $using:go } }
        Wait-Until { $lock.IsHeld }
        { Enter-IpcLock $lock -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        Set-IpcEvent $go
        $lock | Enter-IpcLock -Timeout 60 -ErrorAction Stop
        $lock.IsHeldHere | Should -BeTrue
        Exit-IpcLock $lock
        Receive-ProcessPoolTask $other
    }

    It 'takes over from a killed process, and says so' {
        $lock = New-IpcLock
        $other = Start-Other { Enter-IpcLock $using:lock; Start-Sleep 60 }
        Wait-Until { $lock.IsHeld }
        $lock.OwnerProcessId | Should -Be $other.Worker
        Stop-Other $other
        Enter-IpcLock $lock -Timeout 60 -WarningVariable warning -WarningAction SilentlyContinue
        $lock.Abandoned | Should -BeTrue
        "$warning" | Should -Match 'taken over'
        Exit-IpcLock $lock
    }

    It 'takes the locks of shared memory, and locks by name' {
        foreach ($one in (New-SharedArray -Length 1), (New-SharedValue -Value 1), (New-SharedMemory -Size 1), (New-SharedDictionary)) {
            Enter-IpcLock $one
            $one.Lock.IsHeldHere | Should -BeTrue
            Exit-IpcLock $one
        }
        $lock = New-IpcLock
        Enter-IpcLock $lock.Name
        $lock.IsHeld | Should -BeTrue
        Exit-IpcLock $lock.Name
    }

    It 'says what it cannot take' {
        { Enter-IpcLock no-such-lock -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Enter-IpcLock 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        $lock = New-IpcLock
        Remove-IpcLock $lock
        { Enter-IpcLock $lock -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }
}
