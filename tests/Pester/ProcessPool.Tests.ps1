BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
}

Describe 'Invoke-ProcessPool' {
    AfterEach { Get-ProcessPool | Where-Object { -not $_.IsDefault } | Remove-ProcessPool -Force }

    It 'gives results in order while input comes' {
        1..100 | Invoke-ProcessPool { $_ * 2 } | Should -Be (1..100 | ForEach-Object { $_ * 2 })
        (1..100 | Invoke-ProcessPool { $_ } -Unordered | Sort-Object) | Should -Be (1..100)
        $seen = $false
        & { for ($i = 0; -not $script:seen -and $i -lt 1e7; $i++) { $i }; $script:inTime = $script:seen } | Invoke-ProcessPool { $_ } | ForEach-Object { $script:seen = $true }
        $inTime | Should -BeTrue
    }

    It 'ends with Select-Object -First' {
        1..1e9 | Invoke-ProcessPool { $_ } | Select-Object -First 5 | Should -Be (1..5)
        1..3 | Invoke-ProcessPool { Start-Sleep 600 } -Timeout 0.5 -ErrorAction SilentlyContinue -ErrorVariable late
        $late[0].FullyQualifiedErrorId | Should -BeLike 'IpcTimeout*'
        1..3 | Invoke-ProcessPool { $_ } | Should -Be (1..3)
    }

    It 'stops what comes before it when its time is over' {
        $before = 0
        & { foreach ($i in 1..1e9) { $script:before = $i; Start-Sleep -Milliseconds 5; $i } } |
            Invoke-ProcessPool { $_ } -Timeout 0.5 -ErrorAction SilentlyContinue | Should -Not -BeNullOrEmpty
        $before | Should -BeLessThan 100000
    }

    It 'takes values, arguments, functions, modules and classes of the session' {
        $x = 5
        $table = @{ list = 1, 2 }
        function Get-Double { param($n) 2 * $n }
        1..2 | Invoke-ProcessPool { param($a) "$_ $a $using:x $($using:table['list'][1]) $($using:table.Count)" } -ArgumentList 'arg' |
            Should -Be '1 arg 5 2 1', '2 arg 5 2 1'
        3 | Invoke-ProcessPool { Get-Double $_ } -Function Get-Double | Should -Be 6
        $path = Join-Path $TestDrive 'Mine.psm1'
        'function Get-Mine { "mine" }' | Set-Content $path
        Invoke-ProcessPool { Get-Mine } -Module $path | Should -Be 'mine'
        Invoke-ProcessPool { [Dot]::new().Name } -InitializationScript { class Dot { $Name = 'dot' } } | Should -Be 'dot'
        Invoke-ProcessPool { "$using:PSScriptRoot" } | Should -Be $PSScriptRoot
    }

    It 'runs begin once a worker and end after the items' {
        $r = 1..10 | Invoke-ProcessPool -ThrottleLimit 1 { begin { $sum = 0; 'begin' } process { $sum += $_ } end { $sum } } -Pool (New-ProcessPool -WorkerCount 1)
        $r | Should -Be 'begin', 55
    }

    It 'gives every stream back in order' {
        $all = 1..2 | Invoke-ProcessPool {
            Write-Output "o$_"; Write-Warning "w$_"; Write-Host "h$_"; Write-Error "e$_"; Write-Information "i$_"
            Write-Verbose "v$_" -Verbose; Write-Progress "p$_"; Write-Output "z$_"
        } -Verbose *>&1 | Where-Object { "$_" -notlike 'Process pool*' }
        "$all" | Should -Be 'o1 w1 h1 e1 i1 v1 z1 o2 w2 h2 e2 i2 v2 z2'
        ($all | Where-Object { $_ -is [System.Management.Automation.WarningRecord] }) | Should -HaveCount 2
        ($all | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }) | Should -HaveCount 2
    }

    It 'keeps the parts of Write-Error and of throw' {
        1 | Invoke-ProcessPool { Write-Error -Message 'm' -ErrorId 'MyId' -Category ResourceBusy -RecommendedAction 'wait' } -ErrorAction SilentlyContinue -ErrorVariable e
        $e[0].Exception.Message | Should -Be 'm'
        $e[0].FullyQualifiedErrorId | Should -BeLike 'MyId*'
        $e[0].CategoryInfo.Category | Should -Be 'ResourceBusy'
        $e[0].TargetObject | Should -Be 1
        $e[0].ScriptStackTrace | Should -Match 'line 1'
        { 1..3 | Invoke-ProcessPool { if ($_ -eq 2) { throw 'two' } } -ErrorAction Stop } | Should -Throw 'two'
        $r = 1..3 | Invoke-ProcessPool { $_; if ($_ -eq 2) { Write-Warning 'careful' } } -WarningAction SilentlyContinue -WarningVariable w -OutVariable o
        "$w" | Should -Be 'careful'
        $o | Should -Be $r
    }

    It 'fails the item of a worker that dies, and no other' {
        $r = 1..6 | Invoke-ProcessPool { if ($_ -eq 3) { Stop-Process -Id $PID -Force; Start-Sleep 60 }; $_ } -ErrorAction SilentlyContinue -ErrorVariable e
        $r | Should -Be 1, 2, 4, 5, 6
        $e | Should -HaveCount 1
        $e[0].FullyQualifiedErrorId | Should -BeLike 'IpcWorkerDied*'
        $e[0].TargetObject | Should -Be 3
        $r = 1..3 | Invoke-ProcessPool { if ($_ -eq 2) { exit 5 }; $_ } -ErrorAction SilentlyContinue -ErrorVariable e
        $e[0].Exception.Message | Should -Match 'code 5'
        1..3 | Invoke-ProcessPool { if ($_ -eq 2) { Start-Sleep 600 } } -TaskTimeout 1 -ErrorAction SilentlyContinue -ErrorVariable e
        $e[0].FullyQualifiedErrorId | Should -BeLike 'IpcTaskTimeout*'
        $e[0].TargetObject | Should -Be 2
    }

    It 'keeps the workers of the session for the next call' {
        $first = 1..10 | Invoke-ProcessPool { Start-Sleep -Milliseconds 5; $PID }
        $second = 1..10 | Invoke-ProcessPool { Start-Sleep -Milliseconds 5; $PID }
        $second | Where-Object { $_ -notin (Get-ProcessPool | Where-Object IsDefault).Workers.ProcessId } | Should -BeNullOrEmpty
        $first | Where-Object { $_ -in $second } | Should -Not -BeNullOrEmpty
    }

    It 'works inside its workers and downstream of itself' {
        1..2 | Invoke-ProcessPool { $o = $_; 1..2 | Invoke-ProcessPool { "$using:o$_" } } | Should -Be '11', '12', '21', '22'
        $pool = New-ProcessPool -WorkerCount 2
        1..500 | Invoke-ProcessPool -Pool $pool { $_ + 1 } | Invoke-ProcessPool -Pool $pool { $_ * 2 } | Select-Object -Last 1 | Should -Be 1002
        1..5 | Invoke-ProcessPool -Pool $pool { $_ } | ForEach-Object { $_ | Invoke-ProcessPool -Pool $pool { $_ * $_ } } | Should -Be 1, 4, 9, 16, 25
    }

    It 'gives a job' {
        $job = 1..5 | Invoke-ProcessPool { $_ } -AsJob
        Receive-Job $job -Wait | Should -Be (1..5)
        $job.State | Should -Be 'Completed'
        Remove-Job $job
        $job = 1..100 | Invoke-ProcessPool { Start-Sleep 600 } -AsJob
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
        Remove-Job $job
        1..3 | Invoke-ProcessPool { $_ } -AsJob | Receive-Job -Wait -AutoRemoveJob | Should -Be (1..3)
    }
}

Describe 'Process pools' {
    AfterEach { Get-ProcessPool | Where-Object { -not $_.IsDefault } | Remove-ProcessPool -Force }

    It 'are made, found and removed by name' {
        $pool = New-ProcessPool pester-a -WorkerCount 1
        (Get-ProcessPool pester-*).Name | Should -Be 'pester-a'
        { New-ProcessPool pester-a -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists*'
        { New-ProcessPool 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName*'
        { Get-ProcessPool pester-b -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
        Remove-ProcessPool pester-a -WhatIf
        Get-ProcessPool pester-a | Should -Not -BeNullOrEmpty
        Remove-ProcessPool pester-a
        Get-ProcessPool pester-* | Should -BeNullOrEmpty
        { 1 | Invoke-ProcessPool -Pool $pool { $_ } } | Should -Throw -ErrorId 'IpcClosed*'
    }

    It 'show themselves in a table' {
        $null = New-ProcessPool pester-table -WorkerCount 1
        Get-ProcessPool pester-table | Out-String | Should -Match 'pester-table'
    }

    It 'say what is wrong with their initialization script' {
        $pool = New-ProcessPool -WorkerCount 1 -InitializationScript { throw 'not today' }
        { 1 | Invoke-ProcessPool -Pool $pool { $_ } } | Should -Throw 'not today'
    }
}
