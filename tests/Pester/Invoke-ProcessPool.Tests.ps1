BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Invoke-ProcessPool' {
    AfterAll { Remove-TestObject }

    Context 'Order and streaming' {
        It 'gives results in the order of the input, or as they come with -Unordered' {
            1..100 | Invoke-ProcessPool { $_ * 2 } | Should -Be (1..100 | ForEach-Object { $_ * 2 })
            (1..100 | Invoke-ProcessPool { $_ } -Unordered | Sort-Object) | Should -Be (1..100)
            $go = New-IpcEvent
            $release = { if ($_ -eq 2) { Set-IpcEvent $go }; $_ }
            1, 2 | Invoke-ProcessPool -ThrottleLimit 2 -ChunkSize 1 -Unordered { if ($_ -eq 1) { Wait-IpcEvent $using:go }; $_ } | ForEach-Object $release | Should -Be 2, 1
        }

        It 'gives results while input comes' {
            $seen = $false
            & { for ($i = 0; -not $script:seen -and $i -lt 1e7; $i++) { $i }; $script:inTime = $script:seen } | Invoke-ProcessPool { $_ } | ForEach-Object { $script:seen = $true }
            $inTime | Should -BeTrue
        }

        It 'keeps the order of 100,000 items of which some sleep' {
            $all = 1..100000 | Invoke-ProcessPool { if ($_ % 997 -eq 0) { [Threading.Thread]::Sleep([Random]::Shared.Next(5)) }; $_ }
            [Linq.Enumerable]::SequenceEqual([int[]]$all, [int[]](1..100000)) | Should -BeTrue
        }

        It 'ends early with Select-Object -First' {
            1..1e9 | Invoke-ProcessPool { $_ } | Select-Object -First 5 | Should -Be (1..5)
            1..3 | Invoke-ProcessPool { $_ } | Should -Be (1..3)
        }

        It 'uses no more workers than -ThrottleLimit, and chunks of -ChunkSize' {
            1..20 | Invoke-ProcessPool { $PID } -ThrottleLimit 1 -ChunkSize 3 | Sort-Object -Unique | Should -HaveCount 1
        }
    }

    Context 'Items' {
        It 'takes the messages of a channel' {
            $queue = New-IpcQueue
            1..1000 | Send-IpcMessage $queue
            Close-IpcQueue $queue
            Invoke-ProcessPool -Channel $queue { $_ * 2 } | Should -Be (1..1000 | ForEach-Object { $_ * 2 })
            $queue = New-IpcQueue
            1..100 | Send-IpcMessage $queue
            Invoke-ProcessPool -Channel $queue.Name { $_; Start-Sleep -Milliseconds 5 } -ThrottleLimit 1 | Select-Object -First 1 | Should -Be 1
            $queue.Count | Should -BeGreaterThan 50
            { 1 | Invoke-ProcessPool -Channel $queue { $_ } } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        }

        It 'takes the parameters of ForEach-Object -Parallel and of others by their names' {
            1..3 | Invoke-ProcessPool -Parallel { $_ * 2 } -ThrottleLimit 1 -TimeoutSeconds 60 | Should -Be 2, 4, 6
            1..3 | Invoke-ProcessPool { $_ } -MaxThreads 1 | Should -Be 1, 2, 3
            1..3 | Invoke-ProcessPool { $_ } -Throttle 1 | Should -Be 1, 2, 3
        }

        It 'runs once without input, and not at all with empty input' {
            Invoke-ProcessPool { 'once' } | Should -Be 'once'
            Invoke-ProcessPool { $null -eq $_ } | Should -BeTrue
            @() | Invoke-ProcessPool { 'never' } | Should -BeNullOrEmpty
            @() | Invoke-ProcessPool { begin { 'never' } process { 'never' } end { 'never' } } | Should -BeNullOrEmpty
        }

        It 'takes null and arrays as items' {
            $null, 1, $null | Invoke-ProcessPool { $null -eq $_ } | Should -Be $true, $false, $true
            , (1, 2, 3) | Invoke-ProcessPool { $_.Count } | Should -Be 3
            Invoke-ProcessPool { $_.Count } -InputObject (1, 2, 3) | Should -Be 3
            $empty = , @() | Invoke-ProcessPool { , $_ }
            , $empty | Should -BeOfType [array]
            $empty.Count | Should -Be 0
        }

        It 'takes and gives items of 10 MB' {
            $items = 1..3 | ForEach-Object { $bytes = [byte[]]::new(10MB); [Array]::Fill($bytes, [byte]$_); , $bytes }
            $lengths = $items | Invoke-ProcessPool { "$($_.Length) $($_[-1])" }
            $lengths | Should -Be '10485760 1', '10485760 2', '10485760 3'
            $bytes = $items[1]
            Invoke-ProcessPool { ($using:bytes).Length } | Should -Be 10MB
            $back = Invoke-ProcessPool { , $_ } -InputObject $bytes
            $back.Length, $back[5MB] | Should -Be 10MB, 2
            $texts = @(1..2 | Invoke-ProcessPool { "$_" * 10MB })
            $texts.Length | Should -Be 2
            $texts[1].Length | Should -Be 10MB
            $texts[1][-1] | Should -Be '2'
        }

        It 'gives an error for one that cannot be sent, and runs the others' {
            $round = @{}
            $round.self = $round
            1, $round, 3 | Invoke-ProcessPool { $_ } -ErrorAction SilentlyContinue -ErrorVariable e | Should -Be 1, 3
            $e[0].FullyQualifiedErrorId | Should -BeLike 'IpcSerialization*'
            $e[0].CategoryInfo.Category | Should -Be 'InvalidData'
            $e[0].TargetObject | Should -BeOfType [hashtable]
            { 1..1e9 | Invoke-ProcessPool { $using:round } } | Should -Throw -ErrorId 'IpcSerialization*' # at once
        }
    }

    Context 'What comes along' {
        It 'is values and arguments' {
            $x = 5
            $table = @{ list = 1, 2 }
            1..2 | Invoke-ProcessPool { param($a) "$_ $a $using:x $($using:table['list'][1]) $($using:table.Count)" } -ArgumentList 'arg' |
                Should -Be '1 arg 5 2 1', '2 arg 5 2 1'
            Invoke-ProcessPool { "$using:PSScriptRoot" } | Should -Be $PSScriptRoot
            $isNull = $null
            1..2 | Invoke-ProcessPool { $null -eq $using:isNull } | Should -Be $true, $true
            { 1..3 | Invoke-ProcessPool { $using:notSetHere } } | Should -Throw -ErrorId 'UsingVariableIsUndefined*'
        }

        It 'is a queue' {
            $queue = New-IpcQueue
            1..4 | Invoke-ProcessPool { $_ * 2 | Send-IpcMessage $using:queue }
            Receive-IpcMessage $queue -Available | Sort-Object | Should -Be 2, 4, 6, 8
        }

        It 'is a topic, or a subscription' {
            $topic = New-IpcTopic
            $subscription = New-IpcSubscription $topic
            1..3 | Invoke-ProcessPool { Send-IpcMessage $using:topic $_ }
            Receive-IpcMessage $subscription -Available | Sort-Object | Should -Be 1, 2, 3
            $theirs = New-IpcSubscription $topic
            'news' | Send-IpcMessage $topic
            Invoke-ProcessPool -ThrottleLimit 1 { Receive-IpcMessage $using:theirs -Timeout 60 } | Should -Be 'news'
        }

        It 'is an end of a pipe, and of one that goes both ways' {
            $pipe = New-IpcPipe
            $writer = $pipe.Writer
            Invoke-ProcessPool -ThrottleLimit 1 { 'through' | Send-IpcMessage $using:writer }
            Receive-IpcMessage $pipe.Reader -Timeout 60 | Should -Be 'through'
            $both = New-IpcPipe -Duplex
            $end = $both.Second
            20 | Send-IpcMessage $both.First
            Invoke-ProcessPool -ThrottleLimit 1 { Send-IpcMessage $using:end (1 + (Receive-IpcMessage $using:end -Timeout 60)) }
            Receive-IpcMessage $both.First -Timeout 60 | Should -Be 21
        }

        It 'is a lock, and what it guards' {
            $lock = New-IpcLock
            $array = New-SharedArray -Length 1 -Type Int32
            1..200 | Invoke-ProcessPool { Use-IpcLock $using:lock { ($using:array)[0] = ($using:array)[0] + 1 } }
            $array[0] | Should -Be 200
        }

        It 'is a semaphore' {
            $semaphore = New-IpcSemaphore -Count 1
            $inside = New-SharedValue -Value 0
            1..20 | Invoke-ProcessPool {
                Enter-IpcSemaphore $using:semaphore
                ($using:inside).Add(1)
                $null = ($using:inside).Add(-1)
                Exit-IpcSemaphore $using:semaphore
            } | Sort-Object -Unique | Should -Be 1
            $semaphore.Count | Should -Be 1
        }

        It 'is an event' {
            $event = New-IpcEvent
            Invoke-ProcessPool { Set-IpcEvent $using:event }
            $event.IsSet | Should -BeTrue
        }

        It 'is a barrier' {
            $barrier = New-IpcBarrier -ParticipantCount 2
            1..2 | Invoke-ProcessPool -ThrottleLimit 2 -ChunkSize 1 { Wait-IpcBarrier $using:barrier -Timeout 60; "passed $_" } | Should -Be 'passed 1', 'passed 2'
        }

        It 'is a condition' {
            $changed = New-IpcCondition
            $state = New-SharedValue -Value 0
            1..2 | Invoke-ProcessPool -ThrottleLimit 2 -ChunkSize 1 {
                if ($_ -eq 1) { Wait-IpcCondition $using:changed { ($using:state).Value -eq 1 } -Timeout 60; 'woken' }
                else { Use-IpcLock $using:changed { ($using:state).Value = 1; Set-IpcCondition $using:changed } }
            } | Should -Be 'woken'
        }

        It 'is an array, read-only or not, a value, a block of memory and a dictionary' {
            $array = New-SharedArray -Length 4 -Type Int32
            $readOnly = Get-SharedArray $array.Name -ReadOnly
            $value = New-SharedValue -Value 0
            $memory = New-SharedMemory -Size 32
            $dictionary = New-SharedDictionary
            0..3 | Invoke-ProcessPool {
                ($using:array)[$_] = $_ * 10
                $null = ($using:value).Add($_)
                ($using:memory).Write[int](4 * $_, $_)
                ($using:dictionary)["$_"] = $_
                ($using:readOnly)[$_]
                try { ($using:readOnly)[$_] = 1 } catch { 'refused' }
            } | Should -Be 0, 'refused', 10, 'refused', 20, 'refused', 30, 'refused'
            $array.ToArray() | Should -Be 0, 10, 20, 30
            $value.Value | Should -Be 6
            $memory.Read[int](12) | Should -Be 3
            $dictionary.Count | Should -Be 4
        }

        It 'is an IPC object as an item, an argument or in a table' {
            $queue = New-IpcQueue
            $queue | Invoke-ProcessPool { 'item' | Send-IpcMessage $_ }
            Invoke-ProcessPool { param($q) 'argument' | Send-IpcMessage $q } -ArgumentList $queue
            $table = @{ Where = $queue }
            Invoke-ProcessPool { 'table' | Send-IpcMessage ($using:table).Where }
            Receive-IpcMessage $queue -Available | Should -Be 'item', 'argument', 'table'
        }

        It 'is arguments by name' {
            1..2 | Invoke-ProcessPool { param($a, [switch] $b, $c = 3) "$_ $a $b $c" } -Parameters @{ a = 1; b = $true } | Should -Be '1 1 True 3', '2 1 True 3'
            1..2 | Invoke-ProcessPool { param($a) begin { "begin $a" } process { "$_ $a" } } -Parameters @{ a = 1 } -ThrottleLimit 1 | Should -Be 'begin 1', '1 1', '2 1'
        }

        It 'is variables by name, and what the script block names unless -Session None' {
            $factor = 3
            1 | Invoke-ProcessPool -Session None -Variable factor { 2 * $factor } | Should -Be 6
            1 | Invoke-ProcessPool { 2 * $factor } | Should -Be 6
        }

        It 'is no runspace for each object' {
            { 1 | Invoke-ProcessPool { 1 } -UseNewRunspace } | Should -Throw '*-MaxTasksPerWorker 1*' -ErrorId 'IpcNotSupported,*'
        }

        It 'is functions by a pattern, but for those of modules' {
            function Get-PatternOne { 1 }
            function Get-PatternTwo { 2 }
            1 | Invoke-ProcessPool { Get-PatternOne; Get-PatternTwo } -Function Get-Pattern* -ThrottleLimit 1 | Should -Be 1, 2
            { 1 | Invoke-ProcessPool { 1 } -Function No-Such* -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        }

        It 'is functions, modules and an initialization script' {
            function Get-Double { param($n) 2 * $n }
            $path = Join-Path $TestDrive 'Mine.psm1'
            'function Get-Mine { "mine" }' | Set-Content $path
            $out = Invoke-ProcessPool -ThrottleLimit 1 -Function Get-Double -Module $path -InitializationScript { class Dot { $Name = 'dot' } } {
                Get-Double 3
                Get-Mine
                [Dot]::new().Name
            }
            $out | Should -Be 6, 'mine', 'dot'
        }
    }

    Context 'Streams and errors' {
        It 'gives every stream back in order' {
            $all = 1..2 | Invoke-ProcessPool {
                Write-Output "o$_"; Write-Warning "w$_"; Write-Host "h$_"; Write-Error "e$_"; Write-Information "i$_"
                Write-Verbose "v$_" -Verbose; Write-Debug "d$_" -Debug; Write-Progress "p$_"; Write-Output "z$_"
            } -Verbose *>&1 | Where-Object { "$_" -notlike 'Process pool*' }
            "$all" | Should -Be 'o1 w1 h1 e1 i1 v1 d1 z1 o2 w2 h2 e2 i2 v2 d2 z2'
            ($all | Where-Object { $_ -is [System.Management.Automation.WarningRecord] }) | Should -HaveCount 2
            ($all | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }) | Should -HaveCount 2
        }

        It 'gives debug messages back when they are on' {
            $DebugPreference = 'Continue'
            $all = Invoke-ProcessPool { Write-Debug 'd' -Debug } 5>&1
            ($all | Where-Object { "$_" -eq 'd' })[0] | Should -BeOfType [System.Management.Automation.DebugRecord]
        }

        It 'keeps the parts of Write-Error and of throw' {
            1 | Invoke-ProcessPool { Write-Error -Message 'm' -ErrorId 'MyId' -Category ResourceBusy -RecommendedAction 'wait' } -ErrorAction SilentlyContinue -ErrorVariable e
            $e[0].Exception.Message | Should -Be 'm'
            $e[0].FullyQualifiedErrorId | Should -BeLike 'MyId*'
            $e[0].CategoryInfo.Category | Should -Be 'ResourceBusy'
            $e[0].TargetObject | Should -Be 1
            $e[0].ScriptStackTrace | Should -Match ', .*Invoke-ProcessPool.Tests.ps1: line \d+$'
            { 1..3 | Invoke-ProcessPool { if ($_ -eq 2) { throw 'two' } } -ErrorAction Stop } | Should -Throw 'two'
            $r = 1..3 | Invoke-ProcessPool { $_; if ($_ -eq 2) { Write-Warning 'careful' } } -WarningAction SilentlyContinue -WarningVariable w -OutVariable o
            "$w" | Should -Be 'careful'
            $o | Should -Be $r
        }

        It 'runs begin once a worker before its items, and end after them' {
            1..10 | Invoke-ProcessPool -ThrottleLimit 1 { begin { $sum = 0; 'begin' } process { $sum += $_ } end { $sum } } | Should -Be 'begin', 55
            $all = 1..100 | Invoke-ProcessPool -ThrottleLimit 2 -ArgumentList me { param($name) begin { $begun = 1 + $begun; $sum = 0 } process { $sum += $_; $_ } end { "$name begun $begun"; $sum } }
            $all[0..99] | Should -Be (1..100)
            $all[100..103] | Where-Object { $_ -is [string] } | Sort-Object -Unique | Should -Be 'me begun 1'
            ($all[100..103] | Where-Object { $_ -is [int] } | Measure-Object -Sum).Sum | Should -Be 5050
        }

        It 'shows how far it is' {
            $shell = [powershell]::Create()
            $null = $shell.AddScript("Import-Module '$module'; 1..50 | Invoke-ProcessPool { Start-Sleep -Milliseconds 20 } -ShowProgress -ChunkSize 1").Invoke()
            $records = @($shell.Streams.Progress)
            $records | Where-Object { $_.RecordType -eq 'Processing' -and $_.StatusDescription -like '*of 50*' -and $_.PercentComplete -ge 0 } | Should -Not -BeNullOrEmpty
            $records[-1].RecordType | Should -Be 'Completed'
            $records.Activity | Sort-Object -Unique | Should -BeLike 'Process pool*'
            $shell.Dispose()
            $job = 1..50 | Invoke-ProcessPool { Start-Sleep -Milliseconds 20 } -ShowProgress -AsJob | Wait-Job
            $job.Progress.Count | Should -BeGreaterThan 0
            Remove-Job $job
        }
    }

    Context 'Death and time' {
        It 'fails the item of a worker that dies, and no other' {
            $r = 1..6 | Invoke-ProcessPool { if ($_ -eq 3) { Stop-Process -Id $PID -Force; Start-Sleep 60 }; if ($_ -eq 5) { exit 5 }; $_ } -ErrorAction SilentlyContinue -ErrorVariable e
            $r | Should -Be 1, 2, 4, 6
            $e | Should -HaveCount 2
            $e[0].FullyQualifiedErrorId | Should -BeLike 'IpcWorkerDied*'
            $e.TargetObject | Should -Be 3, 5
            $e[1].Exception.Message | Should -Match 'code 5'
        }

        It 'tries again with -RetryCount after a death and a timeout, and gives the results once' {
            $tries = New-SharedValue -Value 0
            1..3 | Invoke-ProcessPool -RetryCount 3 -TaskTimeout 5 {
                if ($_ -ne 2) { return "$_" }
                $try = ($using:tries).Add(1)
                'third time'
                if ($try -eq 1) { Stop-Process -Id $PID -Force; Start-Sleep 60 }
                if ($try -eq 2) { Start-Sleep 600 }
            } | Should -Be '1', 'third time', '3'
            $tries.Value | Should -Be 3
            $tries.Value = 0
            1..3 | Invoke-ProcessPool -RetryCount 1 { if ($_ -eq 2) { $null = ($using:tries).Add(1); exit 1 }; $_ } -ErrorAction SilentlyContinue -ErrorVariable e | Should -Be 1, 3
            $e.FullyQualifiedErrorId | Should -BeLike 'IpcWorkerDied*'
            $tries.Value | Should -Be 2
        }

        It 'ends an item that is over its -TaskTimeout' {
            $r = 1..3 | Invoke-ProcessPool { if ($_ -eq 2) { Start-Sleep 600 }; $_ } -TaskTimeout 3 -ErrorAction SilentlyContinue -ErrorVariable e
            $r | Should -Be 1, 3
            $e[0].FullyQualifiedErrorId | Should -BeLike 'IpcTaskTimeout*'
            $e[0].TargetObject | Should -Be 2
        }

        It 'ends all that is over its -Timeout, and what comes before it in the pipeline' {
            1..3 | Invoke-ProcessPool { Start-Sleep 600 } -Timeout 0.3 -ErrorAction SilentlyContinue -ErrorVariable late
            $late | Should -HaveCount 1
            $late[0].FullyQualifiedErrorId | Should -BeLike 'IpcTimeout*'
            $before = 0
            & { foreach ($i in 1..1e9) { $script:before = $i; Start-Sleep -Milliseconds 5; $i } } |
                Invoke-ProcessPool { $_ } -Timeout ([timespan]::FromSeconds(3)) -ErrorAction SilentlyContinue | Should -Not -BeNullOrEmpty
            $before | Should -BeLessThan 100000
        }

        It 'says how a function of the session gets to the workers' {
            function global:Get-OfThisSession { 1 }
            $null = 1..2 | Invoke-ProcessPool { & ('Get-' + 'OfThisSession') } -ErrorAction SilentlyContinue -WarningAction SilentlyContinue -WarningVariable w
            Remove-Item function:Get-OfThisSession
            $w | Should -HaveCount 1
            $w[0].Message | Should -Match '-Function Get-OfThisSession'
        }

        It 'says what it cannot use' {
            { 1 | Invoke-ProcessPool -Pool no-such-pool { $_ } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
            { 1 | Invoke-ProcessPool -Function No-Function { $_ } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
            { 1 | Invoke-ProcessPool -Pool 5 { $_ } } | Should -Throw -ErrorId 'IpcInvalidArgument*'
        }

        It 'obeys -ErrorAction when its workers cannot be set up, and says which module it was' {
            'throw "own fault"' | Set-Content "$TestDrive/Bad.psm1"
            foreach ($setup in @{ InitializationScript = { throw 'of the script' } }, @{ Module = 'NoSuchModule' }, @{ Module = "$TestDrive/Bad.psm1" }, @{ Function = 'No-Function' }) {
                $after = . { 1..1e9 | Invoke-ProcessPool { $_ } @setup -ErrorAction SilentlyContinue -ErrorVariable problem; 'after' }
                $after | Should -Be 'after'
                $problem | Should -HaveCount 1
                "$problem" | Should -BeLike "*$($setup.Module ?? $setup.Function ?? 'of the script')*"
            }

            { Invoke-ProcessPool { 1 } -Function No-Function -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
            { Invoke-ProcessPool { 1 } -Module NoSuchModule -ErrorAction Stop } | Should -Throw '*NoSuchModule*'
        }
    }

    Context 'Pools' {
        It 'keeps the workers of the session for the next call' {
            $first = 1..10 | Invoke-ProcessPool { Start-Sleep -Milliseconds 5; $PID }
            $second = 1..10 | Invoke-ProcessPool { Start-Sleep -Milliseconds 5; $PID }
            $second | Where-Object { $_ -notin (Get-ProcessPool | Where-Object IsDefault).Workers.ProcessId } | Should -BeNullOrEmpty
            $first | Where-Object { $_ -in $second } | Should -Not -BeNullOrEmpty
        }

        It 'works inside its workers and downstream of itself' {
            1..2 | Invoke-ProcessPool { $o = $_; 1..2 | Invoke-ProcessPool { "$using:o$_" } -ThrottleLimit 1 } | Should -Be '11', '12', '21', '22'
            $pool = New-ProcessPool -WorkerCount 2
            1..500 | Invoke-ProcessPool -Pool $pool { $_ + 1 } | Invoke-ProcessPool -Pool $pool.Name { $_ * 2 } | Select-Object -Last 1 | Should -Be 1002
            1..5 | Invoke-ProcessPool -Pool $pool { $_ } | ForEach-Object { $_ | Invoke-ProcessPool -Pool $pool { $_ * $_ } } | Should -Be 1, 4, 9, 16, 25
            { 1 | Invoke-ProcessPool -Pool $pool { $_ } -InitializationScript { } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument*'
            Remove-ProcessPool $pool
            { 1..1e9 | Invoke-ProcessPool -Pool $pool { $_ } } | Should -Throw -ErrorId 'IpcClosed*'
            { Start-ProcessPoolTask -Pool $pool { 1 } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed*'
            { $pool.Invoke({ 1 }) } | Should -Throw '*removed*'
            Remove-ProcessPool $pool
            Remove-ProcessPool $pool -Force
        }

        It 'records when each item ran with -Timeline' {
            1..3 | Invoke-ProcessPool { $_ } -Timeline | Should -Be (1..3)
            Export-ProcessPoolTimeline "$TestDrive/run.json"
            @((Get-Content -Raw "$TestDrive/run.json" | ConvertFrom-Json).traceEvents | Where-Object ph -EQ 'X') | Should -HaveCount 3
        }

        It 'gives a job with -AsJob' {
            $job = 1..5 | Invoke-ProcessPool { $_ } -AsJob
            $job.PSJobTypeName | Should -Be 'ProcessPoolJob'
            (Get-Job -Id $job.Id).InstanceId | Should -Be $job.InstanceId
            (Get-Job -Name $job.Name).Id | Should -Be $job.Id
            Receive-Job $job -Wait | Should -Be (1..5)
            "$($job.State) $($job.HasMoreData) $($job.Completed) $($job.Failed) $($job.Total)" | Should -Be 'Completed False 5 0 5'
            Receive-Job $job | Should -BeNullOrEmpty
            Remove-Job $job
            Get-Job | Should -Not -Contain $job
            $job = 1..100 | Invoke-ProcessPool { Start-Sleep 600 } -AsJob
            Stop-Job $job
            $job.State | Should -Be 'Stopped'
            Remove-Job $job
            1..3 | Invoke-ProcessPool { $_ } -AsJob | Receive-Job -Wait -AutoRemoveJob | Should -Be (1..3)
        }
    }
}
