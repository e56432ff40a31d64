BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
}

Describe 'Tasks of process pools' {
    AfterEach { Get-ProcessPool | Where-Object { -not $_.IsDefault } | Remove-ProcessPool -Force }

    It 'are received as often as one likes' {
        $x = 5
        $task = Start-ProcessPoolTask { param($p) 1; "$using:x $p" } -ArgumentList 'a'
        $task | Receive-ProcessPoolTask | Should -Be 1, '5 a'
        Receive-ProcessPoolTask $task | Should -Be 1, '5 a'
        $task.State | Should -Be 'Completed'
        $task.Duration | Should -BeGreaterOrEqual ([timespan]::Zero)
    }

    It 'come one for each object' {
        1..3 | Start-ProcessPoolTask { $_ * $_ } | Receive-ProcessPoolTask | Should -Be 1, 4, 9
    }

    It 'throw their error again and again' {
        $task = Start-ProcessPoolTask { Write-Error 'small' ; throw 'large' }
        foreach ($i in 1..2) { { Receive-ProcessPoolTask $task -ErrorAction SilentlyContinue } | Should -Throw 'large' }
        $task.State | Should -Be 'Failed'
    }

    It 'are waited for' {
        $pool = New-ProcessPool -WorkerCount 2
        $gate = New-IpcEvent
        $slow = Start-ProcessPoolTask -Pool $pool { $null = Wait-IpcEvent $using:gate; 'slow' }
        $quick = Start-ProcessPoolTask -Pool $pool { 'quick' }
        ($slow, $quick | Wait-ProcessPoolTask -Any).Id | Should -Be $quick.Id
        { Receive-ProcessPoolTask $slow -Timeout 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout*'
        Set-IpcEvent $gate
        $slow, $quick | Wait-ProcessPoolTask | Should -HaveCount 2
        Remove-IpcEvent $gate
    }

    It 'are stopped' {
        $pool = New-ProcessPool -WorkerCount 1
        $running = Start-ProcessPoolTask -Pool $pool { Start-Sleep 600 }
        $waiting = Start-ProcessPoolTask -Pool $pool { 1 }
        while ($running.State -ne 'Running') { Start-Sleep -Milliseconds 5 }
        $running.Worker | Should -Be $pool.Workers[0].ProcessId
        Stop-ProcessPoolTask $waiting -WhatIf
        $waiting.State | Should -Be 'Waiting'
        Stop-ProcessPoolTask $waiting
        Stop-ProcessPoolTask $running -Force
        $waiting.State, $running.State | Should -Be 'Stopped', 'Stopped'
        $pool.Invoke({ 'alive' }) | Should -Be 'alive'
        { Receive-ProcessPoolTask $waiting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed*'
    }

    It 'are run by methods of the pool' {
        $pool = New-ProcessPool -WorkerCount 1
        $pool.Invoke({ param($a, $b) $a + $b }, 1, 2) | Should -Be 3
        $pool.Start({ 'later' }).Receive() | Should -Be 'later'
        { $pool.Invoke({ throw 'bad' }) } | Should -Throw '*bad*'
    }

    It 'show themselves in a table' {
        $task = Start-ProcessPoolTask { 1 } | Wait-ProcessPoolTask
        $task | Out-String | Should -Match 'Completed'
    }
}
