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
        $pool.Start({ 'later' }).Receive() | Should -Be 'later'
        { $pool.Invoke({ throw 'bad' }) } | Should -Throw '*bad*'
        { New-ProcessPool "pester-$PID" -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists*'
    }

    It 'replaces workers after so many tasks, or so much memory' {
        $pool = New-ProcessPool -WorkerCount 1 -MaxTasksPerWorker 1
        1..2 | Invoke-ProcessPool -Pool $pool { $PID } | Sort-Object -Unique | Should -HaveCount 2
        $small = New-ProcessPool -WorkerCount 1 -MaxWorkerMemory 1MB
        1..2 | Invoke-ProcessPool -Pool $small -ChunkSize 1 { $PID } | Sort-Object -Unique | Should -HaveCount 2
    }

    It 'says what is wrong with its initialization script' {
        $pool = New-ProcessPool -WorkerCount 1 -InitializationScript { throw 'not today' }
        { 1 | Invoke-ProcessPool -Pool $pool { $_ } -ErrorAction Stop } | Should -Throw '*not today*'
        1 | Invoke-ProcessPool -Pool $pool { $_ } -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem | Should -HaveCount 1
        (1 | Invoke-ProcessPool -Pool $pool { $_ } -AsJob | Wait-Job).State | Should -Be 'Failed'
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
        { New-ProcessPool -Function No-Function -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
        Get-ProcessPool "pester-none-$PID" -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'wants a server that the session is connected to, and no key without one' {
        { New-ProcessPool any-name -Server no-such-server -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { New-ProcessPool any-name -Key 'a long key' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
