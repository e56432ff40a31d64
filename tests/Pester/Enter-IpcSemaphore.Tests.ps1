BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Enter-IpcSemaphore' {
    AfterEach { Remove-TestObject }

    It 'takes a permit, and waits when there is none' {
        $semaphore = New-IpcSemaphore -Count 1
        $semaphore | Enter-IpcSemaphore
        $semaphore.Count | Should -Be 0
        { Enter-IpcSemaphore $semaphore -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $other = Start-Other { Enter-IpcSemaphore $using:semaphore; 'got it'; Exit-IpcSemaphore $using:semaphore }
        Exit-IpcSemaphore $semaphore.Name -Count 1 -ErrorAction SilentlyContinue
        Exit-IpcSemaphore $semaphore -ErrorAction SilentlyContinue
        Receive-ProcessPoolTask $other -Timeout 60 | Should -Be 'got it'
    }

    It 'gets the permit of a killed process' {
        $semaphore = New-IpcSemaphore -Count 1
        $other = Start-Other { Enter-IpcSemaphore $using:semaphore; Start-Sleep 60 }
        Wait-Until { $semaphore.Count -eq 0 }
        $semaphore.TryEnter() | Should -BeFalse
        Stop-Other $other
        Enter-IpcSemaphore $semaphore -Timeout 60 -ErrorAction Stop
        $semaphore.HeldHere | Should -Be 1
        Exit-IpcSemaphore $semaphore
    }

    It 'says what it cannot enter' {
        { Enter-IpcSemaphore no-such-semaphore -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Enter-IpcSemaphore (New-IpcLock) -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
