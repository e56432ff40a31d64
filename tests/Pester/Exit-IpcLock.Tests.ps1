BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Exit-IpcLock' {
    AfterEach { Remove-TestObject }

    It 'lets go' {
        $a = New-IpcLock
        $b = New-IpcLock
        Enter-IpcLock $a, $b
        $a, $b | Exit-IpcLock
        $a.IsHeld, $b.IsHeld | Should -Be $false, $false
    }

    It 'lets go only of what is held' {
        $lock = New-IpcLock
        { Exit-IpcLock $lock -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotOwner,*'
        Enter-IpcLock $lock
        $other = Start-Other { try { Exit-IpcLock $using:lock -ErrorAction Stop } catch { $_.FullyQualifiedErrorId } }
        Receive-ProcessPoolTask $other | Should -BeLike 'IpcNotOwner,*'
        $lock.IsHeld | Should -BeTrue
        Exit-IpcLock $lock
        { Exit-IpcLock no-such-lock -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
