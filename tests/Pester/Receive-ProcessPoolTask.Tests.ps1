BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Receive-ProcessPoolTask' {
    AfterEach { Remove-TestObject }

    It 'gives what a task wrote, as often as one likes' {
        $task = Start-Other { 1; 2 }
        Receive-ProcessPoolTask $task | Should -Be 1, 2
        $task | Receive-ProcessPoolTask -Timeout 60 | Should -Be 1, 2
        $task.Receive(60) | Should -Be 1, 2
        $task.Wait(0), $task.IsCompleted | Should -Be $true, $true
    }

    It 'throws its error again and again' {
        $task = Start-Other { 'before'; Write-Error 'small' ; throw 'large' }
        foreach ($i in 1..2) { & { try { Receive-ProcessPoolTask $task -ErrorAction SilentlyContinue } catch { "$_" } } | Should -Be 'before', 'large' }
        $task.State | Should -Be 'Failed'
        $task.Error.Exception.Message | Should -Be 'large'
    }

    It 'says that it is not done, or that its worker died' {
        $task = Start-Other { Start-Sleep 60 }
        { Receive-ProcessPoolTask $task -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout*'
        Stop-Other $task
        { Receive-ProcessPoolTask $task -ErrorAction Stop } | Should -Throw -ErrorId 'IpcWorkerDied*'
    }
}
