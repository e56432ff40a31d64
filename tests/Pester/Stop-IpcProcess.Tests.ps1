BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Stop-IpcProcess' {
    AfterEach { Remove-TestObject }

    It 'asks a process to end, or kills it' {
        $a, $b = 1..2 | ForEach-Object { Start-IpcProcess { try { 'begun'; Start-Sleep 600 } finally { [Console]::WriteLine('cleaned up') } } }
        Wait-Until { $a.HasMoreData -and $b.HasMoreData }
        Stop-IpcProcess $a -WhatIf
        $a.IsAlive | Should -BeTrue
        (Stop-IpcProcess $a.Name -Timeout 60 -PassThru -ErrorAction Stop).State | Should -Be 'Stopped'
        Receive-IpcProcess $a 6>&1 | ForEach-Object { "$_" } | Should -Contain 'cleaned up'
        $b | Stop-IpcProcess -Force -Confirm:$false
        $b.End | Should -Be 'Killed'
        $b.IsAlive | Should -BeFalse
    }

    It 'kills a process that does not stop, after the grace period' {
        $PSIpcPreference = @{ StopGracePeriod = 0.5 }
        $p = Start-IpcProcess { 'begun'; [Threading.Thread]::Sleep(600000) }
        Wait-Until { $p.HasMoreData }
        Stop-IpcProcess $p
        "$($p.State) $($p.End)" | Should -Be 'Stopped Killed'
    }

    It 'kills it after the grace period also when nobody waits any more' {
        $p = Start-IpcProcess { 'begun'; [Threading.Thread]::Sleep(600000) }
        Wait-Until { $p.HasMoreData }
        $PSIpcPreference = @{ StopGracePeriod = 2 }
        { Stop-IpcProcess $p -Timeout 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        Wait-IpcProcess $p -Timeout 60
        $p.End | Should -Be 'Killed'
    }

    It 'says what would not end, and what it does not find' {
        $p = Start-IpcProcess { 'begun'; [Threading.Thread]::Sleep(60000) }
        Wait-Until { $p.HasMoreData }
        { Stop-IpcProcess $p -Timeout 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Stop-IpcProcess none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
