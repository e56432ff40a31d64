BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Start-IpcProcess' {
    AfterEach { Remove-TestObject }

    It 'brings arguments and using values along, and gives every stream back' {
        $text = 'outer'
        $p = Start-IpcProcess {
            param($x)
            "$x $using:text"
            $PID
            Write-Warning 'w'
            Write-Verbose 'v' -Verbose
            Write-Debug 'd' -Debug
            Write-Progress -Activity 'act' -Status 'half'
            Write-Information 'info' -Tags 'tag' -InformationAction Continue
            [Console]::WriteLine('console')
            Write-Error 'broken' -ErrorId 'MyId' -Category DeviceError -TargetObject 'thing'
            $round = @{}
            $round.self = $round
            $round # cannot be sent
            [pscustomobject]@{ Time = [timespan]::FromSeconds(3) }
        } -ArgumentList 'a' | Wait-IpcProcess
        $shell = [powershell]::Create().AddScript("param(`$p) Import-Module '$module'; Receive-IpcProcess `$p -Keep").AddArgument($p)
        $null = $shell.Invoke()
        $shell.Streams.Progress.Activity | Should -Contain 'act'
        $shell.Dispose()
        $all = $p | Receive-IpcProcess *>&1
        $all[0, 1] | Should -Be 'a outer', $p.Id
        ($all | Where-Object Time).Time | Should -Be ([timespan]::FromSeconds(3))
        $all | Where-Object { $_ -is [System.Management.Automation.WarningRecord] } | Should -HaveCount 1
        $all | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | Should -HaveCount 1
        $all | Where-Object { $_ -is [System.Management.Automation.DebugRecord] } | Should -HaveCount 1
        $broken, $unsent = $all | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }
        "$($broken.Exception.Message) $($broken.CategoryInfo.Category) $($broken.TargetObject)" | Should -Be 'broken DeviceError thing'
        $broken.FullyQualifiedErrorId | Should -BeLike 'MyId*'
        $unsent.FullyQualifiedErrorId | Should -BeLike 'IpcSerialization*'
        $information = $all | Where-Object { $_ -is [System.Management.Automation.InformationRecord] }
        ($information | Where-Object { "$_" -eq 'info' }).Tags | Should -Contain 'tag'
        ($information | Where-Object { "$_" -eq 'console' }).Source | Should -Be 'stdout'
    }

    It 'sets up the process as it is told to' {
        function Get-Double { param($n) 2 * $n }
        'function Get-Mine { "mine" }' | Set-Content (Join-Path $TestDrive 'Mine.psm1')
        $folder = (New-Item -ItemType Directory "$TestDrive/work").FullName
        $queue = New-IpcQueue
        $env:PESTER_GONE = 'of the session'
        $p = Start-IpcProcess -Name "pester-$PID" -InitializationScript { $ready = 'ready' } -Module (Join-Path $TestDrive 'Mine.psm1') -Function Get-Double -WorkingDirectory $folder -Environment @{ STAGE = 'test'; PESTER_GONE = $null } {
            $ready; Get-Mine; Get-Double 4; "$PWD"; [Environment]::CurrentDirectory; $env:STAGE; $null -eq $env:PESTER_GONE; 'alive' | Send-IpcMessage $using:queue
        }
        $env:PESTER_GONE = $null
        $p.Name | Should -Be "pester-$PID"
        { Start-IpcProcess -Name "pester-$PID" { } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        $p | Receive-IpcProcess -Wait | Should -Be 'ready', 'mine', 8, $folder, $folder, 'test', $true
        Receive-IpcMessage $queue -Timeout 60 | Should -Be 'alive'
    }

    It 'takes arguments by name, for a file, too' {
        Start-IpcProcess { param($a, [switch] $b, $c = 3) "$a $b $c" } -Parameters @{ a = 1; b = $true } | Receive-IpcProcess -Wait | Should -Be '1 True 3'
        'param($a, $b) "$a $b"' | Set-Content "$TestDrive/named.ps1"
        Start-IpcProcess -FilePath "$TestDrive/named.ps1" -Parameters @{ b = 2; a = 1 } | Receive-IpcProcess -Wait | Should -Be '1 2'
    }

    It 'has variables by name, and what its script block names unless -Session None' {
        $factor = 3
        Start-IpcProcess -Session None -Variable factor { 2 * $factor } | Receive-IpcProcess -Wait | Should -Be 6
        Start-IpcProcess { 2 * $factor } | Receive-IpcProcess -Wait | Should -Be 6
    }

    It 'makes a job' {
        $p = Start-IpcProcess { 'x' }
        (Get-Job -Id $p.Id).Name | Should -Be $p.Name
        $p | Wait-Job | Receive-Job | Should -Be 'x'
        "$($p.State) $($p.ExitCode) $($p.End) $($p.Signal) $($p.IsAlive)" | Should -Be 'Completed 0 Exited  False'
        Remove-Job $p
        Get-IpcProcess | Where-Object Id -eq $p.Id | Should -BeNullOrEmpty
    }

    It 'makes one that its parent does not take along' -Skip:$IsWindows {
        $name = "pester-$PID-end"
        $end = New-IpcEvent $name
        $id = pwsh -NoProfile -Command "Import-Module '$module'; (Start-IpcProcess { Wait-IpcEvent $name } -Detached).Id"
        Get-Process -Id $id | Should -HaveCount 1
        Set-IpcEvent $end
        Wait-Until { -not (Get-Process -Id $id -ErrorAction Ignore) }
    }

    It 'makes a detached one that has all it needs when the session ends at once' -Skip:$IsWindows {
        $queue = New-IpcQueue "pester-$PID-last" # unnamed ones of the session that ends travel, too
        pwsh -NoProfile -Command "
            Import-Module '$module'
            `$own = New-SharedArray -InputObject 1, 2, 3
            function Get-Double { param(`$n) 2 * `$n }
            `$null = Start-IpcProcess { `$in = `$using:own; Get-Double `$in.Sum() | Send-IpcMessage '$($queue.Name)' } -Function Get-Double -Detached"
        Receive-IpcMessage $queue -Timeout 60 | Should -Be 12
    }

    It 'says why a detached one ended before it had its task' {
        $e = { Start-IpcProcess { 1 } -Detached -Environment @{ DOTNET_GCHeapHardLimit = '1000' } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcWorkerDied,*' -PassThru
        "$e" | Should -Match 'before it had read its task'
    }

    It 'runs a script file, which knows where it is' {
        $folder = (New-Item -ItemType Directory "$TestDrive/a [1] b/sub").FullName
        $file = "$(Split-Path $folder)/x [2].ps1"
        @'
            param([Parameter(Mandatory)] [int] $N, [string] $Word, [switch] $All)
            "$N $Word $All"; $PSScriptRoot; $PSCommandPath; $MyInvocation.MyCommand.Path; "$PWD"; $using:outer; $ready
            exit 7
'@ | Set-Content -LiteralPath $file
        $outer = 'from outside'
        Push-Location -LiteralPath $TestDrive
        try {
            $p = Start-IpcProcess './a [1] b/x [2].ps1' 5, word -WorkingDirectory './a [1] b/sub' -InitializationScript { $ready = 'ready' }
        }
        finally {
            Pop-Location
        }

        $p | Receive-IpcProcess -Wait -ErrorAction SilentlyContinue | Should -Be '5 word False', (Split-Path $folder), $file, $file, $folder, 'from outside', 'ready'
        "$($p.State) $($p.ExitCode)" | Should -Be 'Failed 7'
    }

    It 'shows the file and the line of an error in a script file' {
        "`n`nGet-Item /no/such/item -ErrorAction Stop" | Set-Content "$TestDrive/fails.ps1"
        Start-IpcProcess -FilePath "$TestDrive/fails.ps1" | Receive-IpcProcess -Wait -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'PathNotFound,*'
        $problem[0].ScriptStackTrace | Should -BeLike '*fails.ps1: line 3*'
    }

    It 'says what is wrong with a script file' {
        'text' | Set-Content "$TestDrive/x.txt"
        'if (' | Set-Content "$TestDrive/broken.ps1"
        { Start-IpcProcess -FilePath "$TestDrive/none.ps1" -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Start-IpcProcess -FilePath "$TestDrive/x.txt" -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { Start-IpcProcess -FilePath "$TestDrive/broken.ps1" -ErrorAction Stop } | Should -Throw '*Missing condition*'
        { Start-IpcProcess -FilePath '' } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'goes on in the caller when it cannot be set up, and says which module it was' {
        'throw "own fault"' | Set-Content "$TestDrive/Bad.psm1"
        Start-IpcProcess { } -Function No-Function -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'IpcNotFound,*'
        Start-IpcProcess { } -Module "$TestDrive/Bad.psm1" | Receive-IpcProcess -Wait -ErrorAction SilentlyContinue -ErrorVariable problem
        "$problem" | Should -BeLike '*Bad.psm1*own fault'
        Start-IpcProcess { } -Module NoSuchModule | Receive-IpcProcess -Wait -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'Modules_ModuleNotFound*'
    }

    It 'refuses variables that it sets itself, but not the values that this session has' {
        { Start-IpcProcess { 1 } -Environment @{ PSIPC_DIRECTORY = "$TestDrive" } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*' -ExpectedMessage '*PSIPC_DIRECTORY*'
        { Start-IpcProcess { 1 } -Environment @{ PSIPC_TREE = 'mine' } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        $all = [Environment]::GetEnvironmentVariables()
        $all.STAGE = 'test'
        Start-IpcProcess { $env:STAGE } -Environment $all | Receive-IpcProcess -Wait | Should -Be 'test'
    }

    It 'says so when the system has no more files for it' -Skip:(-not $IsLinux) {
        $script = Join-Path $TestDrive 'files.ps1'
        Set-Content $script @"
            Import-Module '$((Get-Module PSIpc).Path)'
            `$null = [Console]::Error, (Start-IpcProcess { 1 } | Receive-IpcProcess -Wait)
            `$open = [Collections.Generic.List[object]]::new()
            while (`$true) { try { `$open.Add([IO.File]::OpenRead('/dev/null')) } catch { break } }
            `$open[0..2].Dispose()
            `$text = try { Start-IpcProcess { 1 } -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId, "`$_" }
            `$open.Dispose()
            `$text
"@
        $program = [Environment]::ProcessPath
        $arguments = @(if ((Split-Path -Leaf $program) -eq 'dotnet') { "$PSHOME/pwsh.dll" }) + '-NoProfile', '-File', $script
        $id, $text = /bin/sh -c 'ulimit -n 400; exec "$0" "$@"' $program @arguments
        $id | Should -BeLike 'IpcOutOfMemory,*'
        $text | Should -BeLike '*Too many open files*'
    }

    It 'says what it cannot start' {
        { Start-IpcProcess { } -Name 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { Start-IpcProcess { } -Function No-Function -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Start-IpcProcess { } -WorkingDirectory '' } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
        { Start-IpcProcess { } -WorkingDirectory /no/such/folder -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Start-IpcProcess { $using:undefinedHere } -ErrorAction Stop } | Should -Throw -ErrorId 'UsingVariableIsUndefined,*'
    }
}
