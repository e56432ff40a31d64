BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Start-ProcessPoolTask' {
    AfterEach { Remove-TestObject }

    It 'starts a task with values and arguments' {
        $x = 5
        $task = Start-ProcessPoolTask { param($p) 1; "$using:x $p" } 'a'
        $task | Receive-ProcessPoolTask | Should -Be 1, '5 a'
        $task.State | Should -Be 'Completed'
        $task.Duration | Should -BeGreaterOrEqual ([timespan]::Zero)
        $task | Out-String | Should -Match 'Completed'
    }

    It 'takes arguments by name' {
        Start-ProcessPoolTask { param($a, [switch] $b, $c = 3) "$a $b $c" } -Parameters @{ a = 1; b = $true } | Receive-ProcessPoolTask | Should -Be '1 True 3'
    }

    It 'has functions, variables and modules by parameters, and what else it names unless -Session None' {
        function Get-Double { param($n) 2 * $n }
        'function Get-Mine { "mine" }' | Set-Content (Join-Path $TestDrive 'Mine.psm1')
        $factor = 3
        Start-ProcessPoolTask -Session None -Function Get-Double -Variable factor -Module (Join-Path $TestDrive 'Mine.psm1') { Get-Double $factor; Get-Mine } |
            Receive-ProcessPoolTask | Should -Be 6, 'mine'
        Start-ProcessPoolTask { Get-Double $factor } | Receive-ProcessPoolTask | Should -Be 6
        Start-ProcessPoolTask -Session None { "<$factor>" } -WarningAction SilentlyContinue | Receive-ProcessPoolTask | Should -Be '<>'
    }

    It 'starts one for each object' {
        1..3 | Start-ProcessPoolTask { $_ * $_ } | Receive-ProcessPoolTask | Should -Be 1, 4, 9
        Start-ProcessPoolTask { $_ } -InputObject 7 | Receive-ProcessPoolTask | Should -Be 7
    }

    It 'ends one that is over its time, and tries again one whose worker died' {
        $pool = New-ProcessPool "pester-$PID" -WorkerCount 2
        $tries = New-SharedValue -Value 0
        $slow = Start-ProcessPoolTask -Pool $pool { Start-Sleep 600 } -TaskTimeout 0.2
        $again = Start-ProcessPoolTask -Pool $pool.Name { if (($using:tries).Add(1) -eq 1) { Stop-Process -Id $PID -Force; Start-Sleep 60 }; 'second time' } -RetryCount 1
        { Receive-ProcessPoolTask $slow -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTaskTimeout*'
        Receive-ProcessPoolTask $again | Should -Be 'second time'
    }

    It 'gives an end of a pipe to the one worker that runs the task, though another had the task before' {
        $pool = New-ProcessPool "pester-$PID" -WorkerCount 3
        foreach ($round in 1..30) {
            $pipe = New-IpcPipe
            $writer = $pipe.Writer
            $others = 1..3 | Start-ProcessPoolTask -Pool $pool { $_ }
            $task = Start-ProcessPoolTask -Pool $pool { 1..3 | Send-IpcMessage $using:writer }
            Receive-IpcMessage $pipe.Reader -Count 3 -Timeout 60 -ErrorAction Stop | Should -Be 1, 2, 3
            $task | Receive-ProcessPoolTask -Timeout 60 -ErrorAction Stop
            $others | Receive-ProcessPoolTask | Should -Be 1, 2, 3
        }
    }

    It 'says what it cannot start' {
        { Start-ProcessPoolTask -Pool no-such-pool { 1 } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
        $round = @{}
        $round.self = $round
        { Start-ProcessPoolTask { 1 } -ArgumentList $round -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization*'
    }
}
