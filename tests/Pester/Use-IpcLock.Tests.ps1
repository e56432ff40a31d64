BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Use-IpcLock' {
    AfterEach { Remove-TestObject }

    It 'lets go of the lock at the end, on an error and at the early end of a pipeline' {
        $lock = New-IpcLock
        Use-IpcLock $lock { $lock.IsHeldHere } | Should -BeTrue
        { Use-IpcLock $lock { throw 'no' } } | Should -Throw 'no'
        $lock.IsHeld | Should -BeFalse
        Use-IpcLock $lock { 1; 2; 3 } | Select-Object -First 1 | Should -Be 1
        $lock.IsHeld | Should -BeFalse
        ($lock | Format-Table | Out-String) | Should -Match 'Free'
        $count = 0
        Use-IpcLock $lock.Name { $count++ }
        $count | Should -Be 1 # in the scope of the caller
        Use-IpcLock $lock { Exit-IpcLock $lock; 'let go of' } | Should -Be 'let go of'
        Use-IpcLock $lock { Remove-IpcLock $lock; 'removed' } | Should -Be 'removed'
    }

    It 'lets go when the pipeline is stopped' {
        $lock = New-IpcLock
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$module'; Use-IpcLock $($lock.Name) { while (`$true) { Start-Sleep -Milliseconds 5 } }")
        $null = $shell.BeginInvoke()
        Wait-Until { $lock.IsHeld }
        $shell.Stop()
        $lock.IsHeld | Should -BeFalse
        $shell.Dispose()
    }

    It 'does not run the script block when the time is over' {
        $lock = New-IpcLock
        $go = New-IpcEvent
        $other = Start-Other { Use-IpcLock $using:lock { Wait-IpcEvent $using:go } }
        Wait-Until { $lock.IsHeld }
        $ran = $false
        { Use-IpcLock $lock { $ran = $true } -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $ran | Should -BeFalse
        Set-IpcEvent $go
        Receive-ProcessPoolTask $other
    }

    It 'keeps two processes apart' {
        $lock = New-IpcLock
        $count = New-SharedArray -Length 1 -Type Int32
        $others = 1..2 | ForEach-Object { Start-Other { foreach ($i in 1..200) { Use-IpcLock $using:lock { ($using:count)[0] = ($using:count)[0] + 1 } } } }
        $others | Receive-ProcessPoolTask
        $count[0] | Should -Be 400
    }

    It 'takes the locks of arrays, values, memory and dictionaries' {
        foreach ($one in (New-SharedArray -Length 1), (New-SharedValue -Value 1), (New-SharedMemory -Size 1), (New-SharedDictionary)) {
            Use-IpcLock $one { $one.Lock.IsHeldHere } | Should -BeTrue
            $one.Lock.IsHeld | Should -BeFalse
        }
    }

    It 'says what it cannot take, and completes what it can' {
        { Use-IpcLock no-such-lock { } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Use-IpcLock 42 { } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        $lock = New-IpcLock
        (TabExpansion2 "Use-IpcLock $($lock.Name.Substring(0, 7))").CompletionMatches.CompletionText | Should -Contain $lock.Name
    }
}
