BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Show-IpcMonitor' {
    BeforeAll {
        $name = "pester-monitor-$PID"
        $queue = New-IpcQueue "$name-queue" -Capacity 64KB
        1..300 | Send-IpcMessage $queue
        $lock = New-IpcLock "$name-lock"
        Enter-IpcLock $lock
    }
    AfterAll { Exit-IpcLock $lock; Remove-IpcLock $lock; Remove-IpcQueue $queue }

    It 'writes one look as text' {
        $lines = Show-IpcMonitor "$name*" -Once -Width 120
        $lines[0] | Should -Match '^PSIpc +2 (of \d+ )?objects in '
        $lines[2] | Should -Match '^Kind. +Name +Depth +Rate/s State'
        $lines[3] | Should -Match "^Queue +$name-queue +300 +0 [0-9.]+ % of 64 KB"
        $lines[4] | Should -Match "^Lock +$name-lock +held +$PID"
        $lines | Should -HaveCount 5
    }

    It 'chooses and sorts' {
        Show-IpcMonitor "$name*" -Once -Interval 0 -Kind Lock | Where-Object { $_ -like "*$name*" } | Should -HaveCount 1
        (Show-IpcMonitor "$name*" -Once -Interval 0 -Sort Name)[3] | Should -Match '-lock'
        (Show-IpcMonitor "$name*" -Once -Interval 0 -Sort Name -Reverse)[3] | Should -Match '-queue'
    }

    It 'attaches to nothing' {
        function Get-Count { $o = Get-IpcObject "$name-queue"; "$($o.AttachedProcesses) $($o.WaitingProcesses) $($o.Counts.Depth) $($o.Counts.Passed)" }
        $before = Get-Count
        $before | Should -Be "$PID  300 300"
        $lines = Start-Other { Show-IpcMonitor "$using:name*" -Once; (Get-IpcObject "$using:name-queue").AttachedProcesses } | Receive-ProcessPoolTask
        $lines[3] | Should -Match "^Queue +$name-queue +300 +0 "
        $lines[-1] | Should -Be $PID
        Get-Count | Should -Be $before
    }

    It 'says what to use where there is no terminal' {
        $said = $null | pwsh -NoProfile -NonInteractive -Command "Import-Module '$module'; try { Show-IpcMonitor -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId; `"`$_`" }"
        $said[0] | Should -BeLike 'IpcNotSupported*'
        $said[1] | Should -BeLike '*-Once*'
    }
}
