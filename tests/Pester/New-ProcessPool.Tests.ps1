BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-ProcessPool' {
    AfterEach { Remove-TestObject }

    It 'makes a pool whose workers are set up, and which has methods' {
        function Get-Double { param($n) 2 * $n }
        $path = Join-Path $TestDrive 'Mine.psm1'
        'function Get-Mine { "mine" }' | Set-Content $path
        $pool = New-ProcessPool "pester-$PID" -WorkerCount 1 -Confirm:$false -Function Get-Double -Module $path -InitializationScript { $ready = 'ready' }
        $pool.Name, $pool.WorkerCount | Should -Be "pester-$PID", 1
        Invoke-ProcessPool -Pool $pool { Get-Double 4; Get-Mine; $ready } | Should -Be 8, 'mine', 'ready'
        $pool.Invoke({ param($a, $b) $a + $b }, 1, 2) | Should -Be 3
        $pool.Invoke({ "$args" }, 5) | Should -Be '5'
        $null -eq $pool.Invoke({ }) | Should -BeTrue
        $pool.Invoke({ 1, 2, 3 }).Count | Should -Be 3
        $pool.Start({ param($x) $x * 2 }, 1).Receive() | Should -Be 2
        { $pool.Invoke({ throw 'bad' }) } | Should -Throw '*bad*'
        { New-ProcessPool "pester-$PID" -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists*'
    }

    It 'has variables by name, and what its initialization script names unless -Session None' {
        $factor = 3
        $pool = New-ProcessPool 1 -Session None -Variable factor -InitializationScript { $global:prepared = 2 * $factor }
        Invoke-ProcessPool -Pool $pool -Session None { $factor; $prepared } | Should -Be 3, 6
        Invoke-ProcessPool -Pool (New-ProcessPool 1 -InitializationScript { $global:prepared = 2 * $factor }) { $prepared } | Should -Be 6
    }

    It 'replaces workers after so many tasks, or so much memory' {
        $pool = New-ProcessPool -WorkerCount 1 -MaxTasksPerWorker 1
        $all = 1..2 | Invoke-ProcessPool -Pool $pool { begin { $sum = 0 } process { $sum += $_; $PID } end { "end $sum" } }
        $all[0..1] | Sort-Object -Unique | Should -HaveCount 2
        $all[2..3] | Sort-Object | Should -Be 'end 1', 'end 2' # in each worker
        $small = New-ProcessPool -WorkerCount 1 -MaxWorkerMemory 1MB
        $ids = 1..2 | Invoke-ProcessPool -Pool $small -ChunkSize 1 { $PID }
        $ids | Sort-Object -Unique | Should -HaveCount 2
        Wait-Until { -not (Get-Process -Id $ids[0] -ErrorAction Ignore) }
    }

    It 'says what is wrong with its initialization script' {
        $pool = New-ProcessPool -WorkerCount 1 -InitializationScript { Get-NothingOfTheKind }
        { 1 | Invoke-ProcessPool -Pool $pool { $_ } -ErrorAction Stop } | Should -Throw '*Get-NothingOfTheKind*'
        { Start-ProcessPoolTask -Pool $pool { 1 } | Receive-ProcessPoolTask } | Should -Throw '*Get-NothingOfTheKind*'
        1 | Invoke-ProcessPool -Pool $pool { $_ } -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem | Should -HaveCount 1
        $job = 1..1e6 | Invoke-ProcessPool -Pool $pool { $_ } -AsJob | Wait-Job
        $job.State | Should -Be 'Failed'
        $job | Receive-Job -ErrorAction SilentlyContinue -ErrorVariable problem
        "$problem" | Should -BeLike '*Get-NothingOfTheKind*'
        $problem | Should -HaveCount 1
        Get-Job | Where-Object PSJobTypeName -eq ProcessPoolJob | Remove-Job
    }

    It 'takes a number at position 0 as the number of workers, and a text as the name' {
        (New-ProcessPool 1).WorkerCount | Should -Be 1
        foreach ($pool in (New-ProcessPool "pester-1-$PID" 1), (New-ProcessPool "pester-2-$PID" -WorkerCount 1)) {
            $pool.Name | Should -BeLike "pester-?-$PID"
            $pool.WorkerCount | Should -Be 1
        }
    }

    It 'makes nothing with -WhatIf, or with a bad name' {
        New-ProcessPool "pester-none-$PID" -WhatIf | Should -BeNullOrEmpty
        { New-ProcessPool 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName*'
        { New-ProcessPool -WorkerCount 0 } | Should -Throw '*WorkerCount*'
        { New-ProcessPool -Function No-Function -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
        Get-ProcessPool "pester-none-$PID" -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'wants a server that the session is connected to, and no key without one' {
        { New-ProcessPool any-name -Server no-such-server -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { New-ProcessPool any-name -Key 'a long key' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
