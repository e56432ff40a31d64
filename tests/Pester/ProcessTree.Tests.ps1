BeforeAll {
    . $PSScriptRoot/Setup.ps1

    # What a worker runs: a program in the foreground, one in the background and one in a session of its own, as a daemon is. The file gets their process ids.
    $programs = 'sleep 600 & echo $! >> "$0"; setsid sleep 600 & sleep 600 & echo $! >> "$0"; echo $$ >> "$0"; wait'

    function Get-Program([string] $File) {
        Wait-Until { @(Get-Content $File -ErrorAction Ignore).Count -eq 3 }
        $ids = [int[]] (Get-Content $File)
        $ids += @(Get-ChildItem /proc -Directory | Where-Object Name -Match '^\d+$' | Where-Object {
                (Get-Content "$_/stat" -ErrorAction Ignore) -match "^\d+ \(.*\) \S+ (\d+) " -and [int] $Matches[1] -eq $ids[2]
            } | ForEach-Object { [int] $_.Name } | Where-Object { $_ -notin $ids })
        $ids | Should -HaveCount 4
        $ids
    }

    # One that has ended and that nobody has asked for its exit code does not run.
    function Test-Running([int[]] $Id) {
        [bool] ($Id | Where-Object { (Get-Content "/proc/$_/stat" -ErrorAction Ignore) -notmatch '^(\d+ \(.*\) [ZX]|$)' })
    }

    function Start-Session([string] $Script) {
        $start = [Diagnostics.ProcessStartInfo]::new('pwsh')
        '-NoProfile', '-NonInteractive', '-Command', "Import-Module '$module'; $Script" | ForEach-Object { $start.ArgumentList.Add($_) }
        $start.RedirectStandardInput = $true
        [Diagnostics.Process]::Start($start)
    }
}

Describe 'Programs that a worker or a child has started' -Skip:(-not $IsLinux) {
    BeforeEach { $file = "$TestDrive/$(New-Guid)" }
    AfterEach { Remove-TestObject }

    It 'end with an item that is over its -TaskTimeout, and with each of its retries' {
        $null = 1 | Invoke-ProcessPool { bash -c $using:programs "$using:file-$(New-Guid)" } -TaskTimeout 5 -RetryCount 1 -ErrorAction SilentlyContinue -ErrorVariable e
        $e[0].FullyQualifiedErrorId | Should -BeLike 'IpcTaskTimeout*'
        $files = Get-ChildItem "$file-*"
        $files | Should -HaveCount 2
        Test-Running (Get-Content $files) | Should -BeFalse
    }

    It 'end with a child that Stop-IpcProcess -Force kills' {
        $p = Start-IpcProcess { bash -c $using:programs $using:file }
        $ids = Get-Program $file
        Stop-IpcProcess $p -Force
        Test-Running $ids | Should -BeFalse
    }

    It 'end with a child that comes to its end' {
        $end = New-IpcEvent
        $p = Start-IpcProcess { bash -c 'bash -c "$0" "$1" > /dev/null 2>&1 &' $using:programs $using:file; Wait-IpcEvent $using:end }
        $ids = Get-Program $file
        Set-IpcEvent $end
        $null = $p | Wait-IpcProcess
        Test-Running $ids | Should -BeFalse
    }

    It 'end with the workers of a pool that Remove-ProcessPool -Force removes' {
        $pool = New-ProcessPool -WorkerCount 1
        $null = Start-ProcessPoolTask -Pool $pool { bash -c $using:programs $using:file }
        $ids = Get-Program $file
        Remove-ProcessPool $pool -Force
        Test-Running $ids | Should -BeFalse
    }

    It 'end with a child or a worker that a signal kills: <Signal>' -ForEach @{ Signal = 9 }, @{ Signal = 15 } {
        $pool = New-ProcessPool -WorkerCount 1
        $task = Start-ProcessPoolTask -Pool $pool { bash -c $using:programs "$using:file.task" }
        $p = Start-IpcProcess { bash -c $using:programs $using:file }
        $ids = @(Get-Program $file) + (Get-Program "$file.task")
        kill "-$Signal" $p.ProcessId $task.Worker
        $null = $p | Wait-IpcProcess
        $null = $task | Wait-ProcessPoolTask
        Test-Running $ids | Should -BeFalse
    }

    It 'end with the session, which <Name>' -ForEach @(
        @{ Name = 'ends'; End = { $session.StandardInput.Close() } }
        @{ Name = 'is killed'; End = { Stop-Process -Id $session.Id -Force } }
        @{ Name = 'is terminated'; End = { kill $session.Id } }
    ) {
        $session = Start-Session "
            `$null = Start-ProcessPoolTask { for (;;) { bash -c '$programs' '$file.task' } }
            `$null = Start-IpcProcess { for (;;) { bash -c '$programs' '$file' } }
            [Console]::In.ReadLine()"
        $ids = @(Get-Program $file) + (Get-Program "$file.task")
        . $End
        $session.WaitForExit()
        Wait-Until { -not (Test-Running $ids) }
        Wait-Until { -not (Test-Running ((Get-Content $file, "$file.task"))) } # nor any that a loop began meanwhile
    }

    It 'end when somebody next uses the module, where a worker and its session were killed at the same moment' {
        $session = Start-Session "
            `$p = Start-IpcProcess { bash -c '$programs' '$file' }
            `$p.ProcessId | Set-Content '$file.worker'
            [Console]::In.ReadLine()"
        $ids = Get-Program $file
        Stop-Process -Id (Get-Content "$file.worker"), $session.Id -Force
        $session.WaitForExit()
        $null = Get-IpcObject
        Wait-Until { -not (Test-Running $ids) }
    }

    It 'go on with a detached child when the session ends, and end with Stop-IpcProcess -Force' {
        $session = Start-Session "
            `$p = Start-IpcProcess -Detached { bash -c '$programs' '$file' }
            `$p.ProcessId | Set-Content '$file.child'"
        $ids = Get-Program $file
        $session.WaitForExit()
        $null = Get-IpcObject
        Test-Running $ids | Should -BeTrue
        $child = [int] (Get-Content "$file.child")
        Stop-Process -Id ($ids + $child) -Force

        $p = Start-IpcProcess -Detached { bash -c $using:programs "$using:file.own" }
        $ids = Get-Program "$file.own"
        Stop-IpcProcess $p -Force
        Test-Running $ids | Should -BeFalse
    }

    It 'go on when they were started without the variable that names the tree' {
        $p = Start-IpcProcess { $env:PSIPC_TREE = $null; $program = Start-Process sleep 600 -PassThru; $program.Id }
        $id = $p | Receive-IpcProcess -Wait
        Test-Running $id | Should -BeTrue
        Stop-Process -Id $id
    }
}

Describe 'What killed processes leave' -Skip:(-not $IsLinux) {
    AfterEach { Remove-TestObject }

    It 'is gone with the session: leases, objects and sockets for debuggers' {
        $said = pwsh -NoProfile -NonInteractive -Command "
            Import-Module '$module'
            `$env:PSIPC_DIRECTORY = '$TestDrive'
            `$null = 1..2 | Invoke-ProcessPool { if (`$_ -eq 1) { Start-Sleep 600 } else { Stop-Process -Id `$PID -Force } } -TaskTimeout 3 -ErrorAction Ignore
            `$p = Start-IpcProcess { 'begun'; `$PID; Start-Sleep 600 }
            while (-not `$p.HasMoreData) { Start-Sleep -Milliseconds 20 }
            Stop-IpcProcess `$p -Force
            `$pool = New-ProcessPool -WorkerCount 1
            `$id = Start-ProcessPoolTask -Pool `$pool { `$PID } | Receive-ProcessPoolTask
            Remove-ProcessPool `$pool -Force
            `$p.ProcessId, `$id
            (Get-ChildItem '$TestDrive' psipc.lease.*).Count"
        $said[-1] | Should -Be 1
        $said[0..1] | Should -Not -BeNullOrEmpty
        Wait-Until { -not (Get-ChildItem $TestDrive psipc.*) }
        foreach ($id in $said[0..1]) {
            Get-ChildItem ([IO.Path]::GetTempPath()) | Where-Object Name -Match "(dotnet-diagnostic-|clr-debug-pipe-|CoreFxPipe_PSHost\.\w+\.)$id\D" | Should -BeNullOrEmpty
        }
    }
}
