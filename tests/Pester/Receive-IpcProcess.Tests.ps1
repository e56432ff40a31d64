BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Receive-IpcProcess' {
    AfterAll { Remove-TestObject }

    It 'gives what has come, or all until the end' {
        $go = New-IpcEvent
        $p = Start-IpcProcess { 'first'; Wait-IpcEvent $using:go; 'last' }
        Wait-Until { $p.HasMoreData }
        Receive-IpcProcess $p -Keep | Should -Be 'first'
        Receive-IpcProcess $p | Should -Be 'first'
        Receive-IpcProcess $p | Should -BeNullOrEmpty
        { Receive-IpcProcess $p -Wait -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        Set-IpcEvent $go
        $p.Name | Receive-IpcProcess -Wait -Timeout 60 | Should -Be 'last'
    }

    It 'tells of a process that was killed, after what it had written' {
        $p = Start-IpcProcess { 'written'; Start-Sleep 60 }
        Wait-Until { $p.HasMoreData }
        Stop-Process -Id $p.Id -Force
        $p | Receive-IpcProcess -Wait -ErrorAction SilentlyContinue -ErrorVariable problem | Should -Be 'written'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'IpcWorkerDied*'
    }

    It 'says what it does not find' {
        { Receive-IpcProcess none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
