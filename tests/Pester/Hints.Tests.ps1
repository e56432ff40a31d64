BeforeAll {
    . $PSScriptRoot/Setup.ps1

    # The warnings of a call, as texts.
    function Get-Hint([scriptblock] $Call) { @(& $Call 3>&1 | Where-Object { $_ -is [System.Management.Automation.WarningRecord] } | ForEach-Object Message) }
}

Describe 'What is said of a script block that lacks something in its process' {
    AfterAll { Remove-TestObject }

    It 'names a variable of the session without $using:, where -Session None says so' {
        $factor = 3
        $hint = Get-Hint { 1..3 | Invoke-ProcessPool -Session None { $_ * $factor } }
        $hint | Should -HaveCount 1
        $hint | Should -Match '\$factor '
        $hint | Should -Match '\$using:factor'
        Get-Hint { 1..3 | Invoke-ProcessPool -Session None { $_ * $using:factor } } | Should -BeNullOrEmpty
    }

    It 'names all of them in one warning' {
        $first = 1
        $second = 2
        $hint = Get-Hint { 1..3 | Invoke-ProcessPool -Session None { "$first and $($second + 1)" } }
        $hint | Should -HaveCount 1
        $hint | Should -Match '\$first, \$second'
    }

    It 'says it for <Name>' -ForEach @(
        @{ Name = 'a task, once'; Call = { 1..2 | Start-ProcessPoolTask -Session None { $unit } | Receive-ProcessPoolTask } }
        @{ Name = 'a process'; Call = { Start-IpcProcess -Session None { $unit } | Wait-IpcProcess | Remove-IpcProcess } }
        @{ Name = 'an initialization script'; Call = { New-ProcessPool -WorkerCount 1 -Session None -InitializationScript { $global:prepared = $unit } | Remove-ProcessPool -Force } }
        @{ Name = 'an index or a member'; Call = { 1 | Invoke-ProcessPool -Session None { $unit[0]; $unit.Length } } }
        @{ Name = 'splatting'; Call = { 1 | Invoke-ProcessPool -Session None { Get-Date @unit } -ErrorAction SilentlyContinue } }
        @{ Name = 'a change of a member'; Call = { 1 | Invoke-ProcessPool -Session None { $unit.Name = 1 } -ErrorAction SilentlyContinue } }
        @{ Name = 'a block inside'; Call = { 1 | Invoke-ProcessPool -Session None { 1..2 | ForEach-Object { $unit } } } }
        @{ Name = 'a function inside'; Call = { 1 | Invoke-ProcessPool -Session None { function Get-Unit { $unit }; Get-Unit } } }
        @{ Name = 'what only a called block sets'; Call = { 1 | Invoke-ProcessPool -Session None { & { $unit = 1 }; $unit } } }
        @{ Name = 'what only a function sets'; Call = { 1 | Invoke-ProcessPool -Session None { function Set-Unit { $unit = 1 }; $unit } } }
        @{ Name = 'what only a parameter inside has'; Call = { 1 | Invoke-ProcessPool -Session None { $null = { param($unit) $unit }; $unit } } }
    ) {
        $unit = 'm2'
        $hint = Get-Hint $Call
        $hint | Should -HaveCount 1
        $hint | Should -Match '\$using:unit'
    }

    It 'says nothing of <Name>' -ForEach @(
        @{ Name = 'a variable that the block sets'; Block = { $unit = 1; $unit } }
        @{ Name = 'one that it sets later'; Block = { if ($_ -gt 1) { $unit }; $unit = 1 } }
        @{ Name = 'one that several are assigned with'; Block = { $unit, $other = 1, 2; $unit + $other } }
        @{ Name = 'one with a type'; Block = { [int] $unit = '1'; $unit } }
        @{ Name = 'one that is counted'; Block = { $unit++; $unit } }
        @{ Name = 'a parameter'; Block = { param($unit = 1) $unit } }
        @{ Name = 'the variable of a loop'; Block = { foreach ($unit in 1..2) { $unit } } }
        @{ Name = 'one that a command sets'; Block = { Get-Date -OutVariable unit; $unit } }
        @{ Name = 'Set-Variable'; Block = { Set-Variable unit 1; $unit } }
        @{ Name = 'what a block inside sets for the one around'; Block = { 1 | ForEach-Object { $unit = $_ }; $unit } }
        @{ Name = 'a parameter of a function inside'; Block = { function Get-Unit($unit) { $unit }; Get-Unit 1 } }
        @{ Name = 'a parameter of a block inside'; Block = { & { param($unit) $unit } 1 } }
        @{ Name = 'a scoped variable'; Block = { $env:unit; $global:unit; $script:unit } }
        @{ Name = 'a text without expansion'; Block = { '$unit' } }
        @{ Name = 'a block for another session'; Block = { $null = { Start-Job { $unit } } } }
        @{ Name = 'a class'; Block = { class Meter { $unit = 1 }; [Meter]::new().unit } }
        @{ Name = 'automatic variables'; Block = { $null = "$_ $args $input $PID $Matches $PSItem $true $ErrorActionPreference $Error $PSBoundParameters" } }
    ) {
        $unit = 'm2'
        $Matches = 1
        Get-Hint { 1 | Invoke-ProcessPool -Session None $Block -ErrorAction SilentlyContinue } | Should -BeNullOrEmpty
    }

    It 'says nothing of what the session does not have, or an initialization script sets' {
        Get-Hint { 1 | Invoke-ProcessPool -Session None { $noSuchVariableHere } } | Should -BeNullOrEmpty
        $unit = 'm2'
        Get-Hint { 1 | Invoke-ProcessPool -Session None { $unit } -InitializationScript { $unit = 'of the worker' } } | Should -BeNullOrEmpty
        $pool = New-ProcessPool -WorkerCount 1 -InitializationScript { $unit = 'of the worker' }
        Get-Hint { 1 | Invoke-ProcessPool -Session None { $unit } -Pool $pool } | Should -BeNullOrEmpty
        1 | Invoke-ProcessPool -Session None { $unit } -Pool $pool | Should -Be 'of the worker'
    }

    It 'is silent with -WarningAction SilentlyContinue' {
        $unit = 'm2'
        Get-Hint { 1 | Invoke-ProcessPool -Session None { $unit } -WarningAction SilentlyContinue } | Should -BeNullOrEmpty
    }

    It 'says that a parameter is not bound to the objects of the pipeline' {
        $hint = Get-Hint { 1..3 | Invoke-ProcessPool { param($n) $n * 2 } }
        $hint | Should -HaveCount 1
        $hint | Should -Match '\$n .*\$_.*-ArgumentList'
        Get-Hint { 1 | Start-ProcessPoolTask { param($n) $n } | Receive-ProcessPoolTask } | Should -HaveCount 1
        Get-Hint { 1..3 | Invoke-ProcessPool { param($n) $n * $_ } -ArgumentList 2 } | Should -BeNullOrEmpty
        Get-Hint { 1..3 | Invoke-ProcessPool { param($n = 2) $n * $_ } } | Should -BeNullOrEmpty
        Get-Hint { 1..3 | Invoke-ProcessPool { param([Parameter(ValueFromPipeline)] $n) process { $n * 2 } } } | Should -BeNullOrEmpty
        Get-Hint { Invoke-ProcessPool { param($n) "$n" } } | Should -BeNullOrEmpty
    }

    It 'recommends -Module for a function of a module, and -Function for others' {
        'function Get-OfHinted { "of the module" }' | Set-Content "$TestDrive/Hinted.psm1"
        Import-Module "$TestDrive/Hinted.psm1"
        function global:Get-OfSession { 'of the session' }
        try {
            Get-Hint { 1 | Invoke-ProcessPool -Session None { Get-OfHinted } -ErrorAction SilentlyContinue } | Should -Match '-Module Hinted'
            Get-Hint { 1..3 | Invoke-ProcessPool -Session None { Get-OfSession; Get-Nobodys } -ErrorAction SilentlyContinue } |
                Should -Be "The workers do not know the function 'Get-OfSession' of this session: Invoke-ProcessPool -Function Get-OfSession passes it on."
            $null = Start-Other { } | Receive-ProcessPoolTask
            Get-Hint { 1 | Invoke-ProcessPool -Session None { Get-OfSession } -Pool "pester-others-$PID" -ErrorAction SilentlyContinue } |
                Should -Be "The workers do not know the function 'Get-OfSession' of this session: Invoke-ProcessPool -Function Get-OfSession passes it on."
            1 | Invoke-ProcessPool -Session None { Get-OfHinted } -Module Hinted | Should -Be 'of the module'
        }
        finally {
            Remove-Module Hinted
            Remove-Item function:Get-OfSession
        }
    }
}

Describe 'What is seen while workers run items of older calls' {
    AfterEach { Remove-TestObject }

    It 'is a progress record, and a verbose message, with the script and the number of workers, without secrets' {
        $pool = New-ProcessPool 1
        $task = Start-ProcessPoolTask -Pool $pool { Start-Sleep 600 # password=secret
        }
        Wait-Until { $task.State -eq 'Running' }
        $shell = [powershell]::Create()
        $null = $shell.AddScript("param(`$pool) Import-Module '$module'; 1 | Invoke-ProcessPool -Pool `$pool { `$_ } -Verbose").AddArgument($pool)
        $waiting = $shell.BeginInvoke()
        Wait-Until { $shell.Streams.Progress.Count -gt 0 }
        Stop-ProcessPoolTask $task -Force
        $shell.EndInvoke($waiting) | Should -Be 1
        $status = $shell.Streams.Progress | ForEach-Object { "$($_.StatusDescription) $($_.RecordType)" }
        $status[0] | Should -BeLike "1 of 1 workers is busy with older calls: task $($task.Id) since * {Start-Sleep 600*} Processing"
        $status[-1] | Should -BeLike '* Completed'
        "$($shell.Streams.Verbose)" | Should -BeLike "*1 of 1 workers is busy with older calls: task $($task.Id) *Calls lists them.*"
        "$status $($shell.Streams.Verbose)" | Should -Not -Match 'secret'
        $shell.Dispose()
    }

    It 'is nothing while workers are free, or nothing waits' {
        $pool = New-ProcessPool 2
        Wait-Until { @($pool.Workers | Where-Object State -EQ Idle).Count -eq 2 }
        $task = Start-ProcessPoolTask -Pool $pool { Start-Sleep 600 }
        Wait-Until { $task.State -eq 'Running' }
        $shell = [powershell]::Create()
        $null = $shell.AddScript("param(`$pool) Import-Module '$module'; 1 | Invoke-ProcessPool -Pool `$pool { Start-Sleep 2; `$_ }").AddArgument($pool)
        $shell.Invoke() | Should -Be 1
        $shell.Streams.Progress | Should -BeNullOrEmpty
        $shell.Dispose()
    }
}

Describe 'What is seen while workers start' {
    BeforeAll {
        # The texts of progress of a script in a session of its own.
        function Get-Status([string] $Script) {
            $shell = [powershell]::Create()
            $null = $shell.AddScript("Import-Module '$module'; $Script").Invoke()
            $shell.Streams.Progress | ForEach-Object { "$($_.StatusDescription) $($_.RecordType)" }
            $shell.Dispose()
        }
    }

    It 'is a progress record, which goes when the first worker is ready' {
        $status = Get-Status '1 | Invoke-ProcessPool { $_ } -ThrottleLimit 1 -InitializationScript { Start-Sleep 2 }'
        $status[0] | Should -Be 'Starting 1 worker Processing'
        $status[-1] | Should -BeLike 'Starting * Completed'
    }

    It 'is nothing where progress is off, or -ShowProgress shows how far it is' {
        Get-Status '$ProgressPreference = "SilentlyContinue"; 1 | Invoke-ProcessPool { $_ } -ThrottleLimit 1 -InitializationScript { Start-Sleep 2; 1 }' | Should -BeNullOrEmpty
        Get-Status '1 | Invoke-ProcessPool { $_ } -ThrottleLimit 1 -InitializationScript { Start-Sleep 2; 2 } -ShowProgress' | Should -Not -BeLike 'Starting*'
    }
}
