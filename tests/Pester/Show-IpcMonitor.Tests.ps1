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
        $null = pwsh -NoProfile -Command "Import-Module '$module'; Show-IpcMonitor -Once"
        (Get-IpcObject "$name-queue").AttachedProcesses | Should -Be $PID
    }

    It 'says what to use where there is no terminal' {
        $said = $null | pwsh -NoProfile -NonInteractive -Command "Import-Module '$module'; try { Show-IpcMonitor -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId; `"`$_`" }"
        $said[0] | Should -BeLike 'IpcNotSupported*'
        $said[1] | Should -BeLike '*-Once*'
    }

    It 'shows itself on a screen of its own until a key leaves it' -Skip:(-not (Get-Command script -CommandType Application -ErrorAction Ignore)) {
        $env:TERM, $before = 'xterm-256color', $env:TERM
        try { $seen = 'q' | script -qec "pwsh -NoProfile -Command `"Import-Module '$module'; Show-IpcMonitor $name*; 'left it'`"" /dev/null }
        finally { $env:TERM = $before }
        $text = $seen -join "`n"
        $text | Should -Match "(?s)\e\[\?1049h.*$name-queue.*\e\[\?1049l.*left it"
    }
}
