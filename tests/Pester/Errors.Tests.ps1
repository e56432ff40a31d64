# What a user sees of an error of a worker: where it occurred, in which item, and that catch finds it.

BeforeAll {
    . $PSScriptRoot/Setup.ps1

    # A script whose block begins at its second line.
    $script:scriptFile = Join-Path $TestDrive 'work.ps1'
    Set-Content $scriptFile @'
param($Command, $View = 'ConciseView')
$block = {
    # a comment
    if ($_ -eq 'server07') {
        Get-Item "/nope/$_"
    }
    elseif ($_ -eq 'thrown') {
        throw 'no disk'
    }
    elseif ($_ -eq 'written') {
        Write-Error 'half done'
    }
    elseif ($_ -eq 'stopped') {
        Write-Error 'given up' -ErrorAction Stop
    }
    elseif ($_ -eq 'null') {
        $null.Method()
    }
}
$ErrorView = $View
switch ($Command) {
    Pool { $args | Invoke-ProcessPool $block }
    Task { Start-ProcessPoolTask $block -InputObject $args[0] | Receive-ProcessPoolTask }
}
'@

    # The text of an error without colors, in one line.
    function Get-ErrorText($ErrorRecord) { (($ErrorRecord | Out-String) -replace '\x1b\[[0-9;]*m') -replace '\s+', ' ' }
}

AfterAll { Remove-TestObject }

Describe 'The view of an error of a worker' {
    It 'names the failing command, the line of the file, the statement and the item (<View>)' -TestCases @{ View = 'ConciseView' }, @{ View = 'NormalView' } {
        $ErrorView = $View
        $e = & $scriptFile Pool $View server07 2>&1
        $text = Get-ErrorText $e
        $text | Should -Match "item 'server07': Cannot find path '/nope/server07'"
        $text | Should -Match ([regex]::Escape("${scriptFile}:5"))
        $text | Should -Match 'Get-Item "/nope/\$_" .*~~~~'
        $e.InvocationInfo.MyCommand.Name | Should -Be 'Get-Item'
    }

    It 'shows the line of <Item>: <Line>' -TestCases @(
        @{ Item = 'server07'; Line = 5; Statement = 'Get-Item "/nope/$_"' }
        @{ Item = 'thrown'; Line = 8; Statement = "throw 'no disk'" }
        @{ Item = 'written'; Line = 11; Statement = "Write-Error 'half done'" }
        @{ Item = 'stopped'; Line = 14; Statement = "Write-Error 'given up' -ErrorAction Stop" }
        @{ Item = 'null'; Line = 17; Statement = '$null.Method()' }
    ) {
        $e = & $scriptFile Pool ConciseView $Item 2>&1
        $e.InvocationInfo.ScriptLineNumber | Should -Be $Line
        $e.InvocationInfo.ScriptName | Should -Be $scriptFile
        $e.InvocationInfo.Line.Trim() | Should -Be $Statement
        $e.ScriptStackTrace | Should -Be "at <ScriptBlock>, ${scriptFile}: line $Line"
        Get-ErrorText $e | Should -Match "item '$Item'"
    }

    It 'shows the line in the block where the block has no file' {
        $e = 'x' | Invoke-ProcessPool ([scriptblock]::Create("# a comment`n`n  Get-Item /nope")) 2>&1
        Get-ErrorText $e | Should -Match "Get-Item: Line \| 3 \| Get-Item /nope .* item 'x': Cannot find"
    }

    It 'leaves message, id, category and target of the error as they are' {
        $e = 'x' | Invoke-ProcessPool { Get-Item /nope } 2>&1
        "$e" | Should -Be "Cannot find path '/nope' because it does not exist."
        $e.Exception.Message | Should -Be "$e"
        $e.ErrorDetails | Should -BeNullOrEmpty
        $e.FullyQualifiedErrorId | Should -Be 'PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand'
        "$($e.CategoryInfo)" | Should -Be 'ObjectNotFound: (/nope:String) [Get-Item], ItemNotFoundException'
        $e.TargetObject | Should -Be '/nope'
        $e.Item | Should -Be 'x'
    }

    It 'shows the first line of the script block for an argument that its parameters do not accept' {
        foreach ($e in @(1 | Invoke-ProcessPool { param([ValidateRange(1, 3)] [int] $number) $number } -ArgumentList 9 2>&1
                1 | Invoke-ProcessPool { param([int] $number) $number } -ArgumentList abc 2>&1)) {
            $e.InvocationInfo.Line | Should -Match 'param\(.*\$number\)'
            $e.InvocationInfo.PositionMessage | Should -Not -Match 'PSIpc'
            Get-ErrorText $e | Should -Match "item '1': Cannot (validate|process) argument"
        }
    }

    It 'names the item in catch, and where the error ends the script' {
        $e = try { 'server07' | Invoke-ProcessPool { Get-Item /nope } -ErrorAction Stop } catch { $_ }
        "$e" | Should -Be "item 'server07': Cannot find path '/nope' because it does not exist."
        $e.Exception.Message | Should -Be "Cannot find path '/nope' because it does not exist."
        $e.FullyQualifiedErrorId | Should -Be 'PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand'
        $e.TargetObject | Should -Be '/nope'
        Get-ErrorText $e | Should -Match "Get-Item: .* item 'server07': Cannot find"

        $file = Join-Path $TestDrive 'stops.ps1'
        Set-Content $file '$ErrorActionPreference = "Stop"; "server07" | Invoke-ProcessPool { throw "no disk" }'
        $e = try { & $file } catch { $_ }
        Get-ErrorText $e | Should -Match "item 'server07': no disk"
        $e = try { 'server08' | Start-ProcessPoolTask { throw 'no disk' } | Receive-ProcessPoolTask -ErrorAction Stop } catch { $_ }
        Get-ErrorText $e | Should -Match "item 'server08': no disk"
    }

    It 'names the item whose worker died, and the one whose time was over' {
        $pool = New-ProcessPool -WorkerCount 1
        $died = 'server07' | Invoke-ProcessPool { Stop-Process -Id $PID -Force } -Pool $pool 2>&1
        Get-ErrorText $died | Should -Match "item 'server07': The worker \(process \d+\) "
        $died.FullyQualifiedErrorId | Should -Match '^IpcWorkerDied'
        $late = 'server08' | Invoke-ProcessPool { Start-Sleep 600 } -Pool $pool -TaskTimeout 0.5 2>&1
        Get-ErrorText $late | Should -Match "item 'server08': A worker"
        $late.FullyQualifiedErrorId | Should -Match '^IpcTaskTimeout'
    }

    It 'names <Text> for <Item>' -TestCases @(
        @{ Item = [pscustomobject]@{ Name = 'server07'; Password = 'hunter2' }; Text = 'server07' }
        @{ Item = @{ Id = 12; Secret = 'hunter2' }; Text = '12' }
        @{ Item = [IO.FileInfo] '/etc/hostname'; Text = '/etc/hostname' }
        @{ Item = 1, 2, 3; Text = '1, 2, 3' }
        @{ Item = 'https://user:hunter2@host/path'; Text = 'https://user:***@host/path' }
        @{ Item = 'Server=a;Password=hunter2;Database=b'; Text = 'Server=a;Password=***;Database=b' }
        @{ Item = [pscredential]::new('admin', (ConvertTo-SecureString hunter2 -AsPlainText -Force)); Text = 'admin' }
    ) {
        $e = Invoke-ProcessPool { throw 'x' } -InputObject $Item 2>&1
        $e.Item | Should -Be $Text
        Get-ErrorText $e | Should -Not -Match 'hunter2'
    }

    It 'shortens the text of a long item, and keeps it in one line' {
        $e = Invoke-ProcessPool { throw 'x' } -InputObject ("a`n" * 1000) 2>&1
        $e.Item.Length | Should -BeLessOrEqual 60
        $e.Item | Should -Not -Match '\n'
    }

    It 'names no item where there is none' {
        $e = Invoke-ProcessPool { throw 'no disk' } 2>&1
        Get-ErrorText $e | Should -Not -Match 'item '
    }

    It 'shows the position in Start-IpcProcess' {
        $file = Join-Path $TestDrive 'process.ps1'
        Set-Content $file "Start-IpcProcess {`n  Get-Item /nope`n  Write-Error written`n  throw 'x' } | Receive-IpcProcess -Wait"
        $errors = & $file 2>&1
        $errors.InvocationInfo.ScriptLineNumber | Should -Be 2, 3, 4
        $errors.InvocationInfo.ScriptName | Should -Be (@($file) * 3)
        Get-ErrorText $errors[0] | Should -Match '^Get-Item: .*:2 '
    }

    It 'shows the position of an error that ended a task' {
        $Error.Clear()
        { & $scriptFile Task ConciseView thrown } | Should -Throw 'no disk'
        Get-ErrorText $Error[0] | Should -Match ([regex]::Escape("${scriptFile}:8"))
    }

    It 'is that of the receiving job' {
        $job = 'server07' | Invoke-ProcessPool { throw 'no disk' } -AsJob
        $e = $job | Receive-Job -Wait -AutoRemoveJob 2>&1
        Get-ErrorText $e | Should -Match "throw 'no disk' .*item 'server07': no disk"
    }

    It 'has the frames of the block alone in its stack trace, inside and outside' {
        $e = 1 | Invoke-ProcessPool ([scriptblock]::Create('function deep { throw "x" }; deep')) 2>&1
        $e.ScriptStackTrace -split '\r?\n' -replace 'at (\S+), .*', '$1' | Should -Be 'deep', '<ScriptBlock>'
        (1 | Invoke-ProcessPool { try { throw 'x' } catch { $_.ScriptStackTrace } }) -split '\r?\n' | Should -HaveCount 1
        ((1 | Invoke-ProcessPool { process { throw 'x' } } 2>&1).ScriptStackTrace -split '\r?\n') | Should -HaveCount 1
        ((1 | Invoke-ProcessPool { [CmdletBinding()] param() throw 'x' } 2>&1).ScriptStackTrace -split '\r?\n') | Should -HaveCount 1
    }
}

Describe 'catch' {
    It 'has the whole error record beside a typed clause' {
        try { 7 | Invoke-ProcessPool { Get-Item /nope -ErrorAction Stop } -ErrorAction Stop }
        catch [IO.IOException] { }
        catch { $caught = $_ }
        $caught.FullyQualifiedErrorId | Should -Be 'PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand'
        $caught.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $caught.TargetObject | Should -Be 7
        $caught.InvocationInfo.MyCommand.Name | Should -Be 'Get-Item'
    }

    It 'finds an exception of the engine by its type, with its record (<By>)' -TestCases @(
        @{ By = 'Invoke-ProcessPool'; Run = { 7 | Invoke-ProcessPool { Get-Item /nope } -ErrorAction Stop } }
        @{ By = 'Receive-ProcessPoolTask'; Run = { Start-ProcessPoolTask { Get-Item /nope -ErrorAction Stop } | Receive-ProcessPoolTask } }
        @{ By = 'Receive-IpcProcess'; Run = { Start-IpcProcess { Get-Item /nope } | Receive-IpcProcess -Wait -ErrorAction Stop } }
        @{ By = 'Receive-Job'; Run = { 7 | Invoke-ProcessPool { Get-Item /nope } -AsJob | Receive-Job -Wait -AutoRemoveJob -ErrorAction Stop } }
    ) {
        try { & $Run }
        catch [IO.IOException] { $caught = 'wrong' }
        catch [Management.Automation.ItemNotFoundException] { $caught = $_ }
        $caught.FullyQualifiedErrorId | Should -Be 'PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand'
        $caught.Exception | Should -BeOfType Management.Automation.ItemNotFoundException
        $caught.TargetObject | Should -Be '/nope'
    }

    It 'finds an exception of .NET that the script threw, or that caused it' {
        try { 1 | Invoke-ProcessPool { throw [IO.FileNotFoundException]::new('gone') } -ErrorAction Stop } catch [IO.FileNotFoundException] { $thrown = $_ }
        $thrown.Exception.Message | Should -Be 'gone'
        $thrown.TargetObject | Should -Be 1
        try { 1 | Invoke-ProcessPool { [IO.File]::ReadAllText('/nope') } -ErrorAction Stop } catch [IO.FileNotFoundException] { $caused = $_ }
        $caused.FullyQualifiedErrorId | Should -Be 'FileNotFoundException'
    }

    It 'finds an error of this module' {
        try { 1 | Invoke-ProcessPool { Get-IpcQueue no-such-queue } -ErrorAction Stop } catch [PSIpc.Core.IpcException] { $caught = $_ }
        $caught.FullyQualifiedErrorId | Should -Match '^IpcNotFound'
        $caught.Exception.Kind | Should -Be 'NotFound'
    }

    It 'finds a class of the script by the base class that is known here' {
        try { 1 | Invoke-ProcessPool { class DiskException : IO.IOException { DiskException($m) : base($m) { } }; throw [DiskException]::new('full') } -ErrorAction Stop }
        catch [IO.IOException] { $caught = $_ }
        $caught.Exception.Message | Should -Be 'full'
        $caught.Exception.Data['ExceptionType'] | Should -Be 'DiskException'
    }

    It 'has a RemoteException for a text that was thrown' {
        try { 1 | Invoke-ProcessPool { throw 'no disk' } -ErrorAction Stop } catch [Management.Automation.RuntimeException] { $caught = $_ }
        $caught.Exception | Should -BeOfType Management.Automation.RemoteException
        $caught.FullyQualifiedErrorId | Should -Be 'no disk'
    }

    It 'finds the type at a task''s and a pool''s methods' {
        $task = Start-ProcessPoolTask { Get-Item /nope -ErrorAction Stop }
        { try { $task.Receive() } catch [Management.Automation.ItemNotFoundException] { throw 'found' } } | Should -Throw 'found'
    }
}

Describe 'A result that cannot be sent' {
    BeforeAll { $pool = New-ProcessPool -WorkerCount 1 }

    It 'is IpcSerialization of the item' {
        1..3 | Invoke-ProcessPool { "$_"; if ($_ -eq 2) { $r = @{}; $r.self = $r; $r; 'after' } } -Pool $pool -ErrorAction SilentlyContinue -ErrorVariable e | Should -Be '1', '2', 'after', '3'
        $e | Should -HaveCount 1
        $e[0].FullyQualifiedErrorId | Should -Match '^IpcSerialization'
        $e[0].CategoryInfo.Category | Should -Be 'InvalidData'
        $e[0].TargetObject | Should -Be 2
    }

    It 'fails a method and a task, too' {
        { $pool.Invoke({ $r = @{}; $r.self = $r; $r }) } | Should -Throw '*contains itself*'
        try { $pool.Invoke({ $r = @{}; $r.self = $r; $r }) } catch [PSIpc.Core.IpcException] { $_.Exception.Kind | Should -Be 'Serialization' }
        $task = $pool.Start({ 1; $r = @{}; $r.self = $r; $r; 2 })
        { $task.Receive() } | Should -Throw
        $task.State | Should -Be 'Failed'
        $output = & { try { $task | Receive-ProcessPoolTask } catch { $_.FullyQualifiedErrorId } }
        $output | Should -Be 1, 2, 'IpcSerialization'
        $started = Start-ProcessPoolTask { $r = @{}; $r.self = $r; $r } -Pool $pool -InputObject 8
        { Receive-ProcessPoolTask $started } | Should -Throw -ErrorId 'IpcSerialization*'
    }
}

Describe 'The password of an address' {
    It 'is in no error, verbose or debug text of any cmdlet' {
        $address = 'amqp://user:hunter@2@127.0.0.1:1'
        $names = 'Server', 'Name', 'Address', 'Channel', 'Queue', 'Topic', 'Pool', 'Connection', 'Listener', 'InputObject'
        $shown = foreach ($command in Get-Command -Module PSIpc -CommandType Cmdlet | Where-Object Name -NotIn Show-IpcMonitor, Start-ProcessPoolWorker) {
            foreach ($parameter in $command.Parameters.Values | Where-Object Name -In $names) {
                $arguments = @{ $parameter.Name = $address; ErrorAction = 'SilentlyContinue'; ErrorVariable = 'failed'; Verbose = $true; Debug = $true }
                $set = @($command.ParameterSets | Where-Object { $_.Parameters.Name -contains $parameter.Name })[0]
                foreach ($other in $set.Parameters | Where-Object { $_.IsMandatory -and $_.Name -ne $parameter.Name }) {
                    $arguments[$other.Name] = switch ($other.ParameterType.Name) { ScriptBlock { { 1 } } TimeSpan { [timespan]::Zero } { $_ -like 'Int*' } { 1 } default { 'x' } }
                }

                $failed = @()
                $output = try { & $command @arguments *>&1 } catch { $_ }

                # The engine's own errors repeat a value of the wrong type.
                $texts = @($output) + @($failed) | Where-Object { $_ -isnot [Management.Automation.ErrorRecord] -or $_.FullyQualifiedErrorId -notmatch '^(CannotConvert|ParameterArgumentValidationError)' }
                if (($texts | Format-List * -Force | Out-String -Width 5000) + ($texts | Out-String -Width 5000) -match 'hunter|@2@') { "$command -$($parameter.Name)" }
            }
        }

        $shown | Should -BeNullOrEmpty
        Remove-TestObject
    }
}

Describe 'A name that is null or empty' {
    It 'is refused by every cmdlet that takes names' {
        $commands = Get-Command -Module PSIpc -CommandType Cmdlet -ParameterName Name | Where-Object { $_.Parameters['Name'].ParameterType -eq [string[]] }
        $commands.Count | Should -BeGreaterThan 15
        foreach ($command in $commands) {
            { & $command -Name $null } | Should -Throw -ErrorId "ParameterArgumentValidationError,*" -Because $command.Name
            { & $command -Name 'a', '' } | Should -Throw -ErrorId "ParameterArgumentValidationError,*" -Because $command.Name
        }
    }
}
