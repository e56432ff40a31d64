BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Wait-IpcCondition' {
    AfterEach { Remove-TestObject }

    It 'waits until something is true' {
        $condition = New-IpcCondition
        $ready = New-SharedValue -Value 0
        $other = Start-Other { Use-IpcLock $using:condition { ($using:ready).Value = 1; Set-IpcCondition $using:condition } }
        Wait-IpcCondition $condition { $ready.Value -eq 1 } -Timeout 60 -ErrorAction Stop
        $ready.Value | Should -Be 1
        $condition.Lock.IsHeld | Should -BeFalse
        Use-IpcLock $condition { Wait-IpcCondition $condition { $true }; $condition.Lock.IsHeldHere } | Should -BeTrue
        Receive-ProcessPoolTask $other
    }

    It 'goes on at once when it is true already' {
        New-IpcCondition | Wait-IpcCondition -Predicate { $true } -Timeout 0 -ErrorAction Stop
    }

    It 'ends when the time is over' {
        $condition = New-IpcCondition
        { Wait-IpcCondition $condition { $false } -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Wait-IpcCondition $condition -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $condition.WaitingCount | Should -Be 0
        $condition.Lock.IsHeld | Should -BeFalse
        { try { $condition.Wait() } catch { throw $_.Exception.InnerException.Kind } } | Should -Throw 'NotOwner'
    }

    It 'says what it cannot wait for' {
        { Wait-IpcCondition no-such-condition -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Wait-IpcCondition 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
