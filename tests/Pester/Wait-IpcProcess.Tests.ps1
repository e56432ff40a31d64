BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Wait-IpcProcess' {
    AfterAll { Remove-TestObject }

    It 'waits until processes have ended, and writes them' {
        $go = New-IpcEvent
        $p = Start-IpcProcess { Wait-IpcEvent $using:go; exit 3 }
        { Wait-IpcProcess $p -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*' -ExpectedMessage "*$($p.Name)*Stop-IpcProcess*"
        Set-IpcEvent $go
        $ended = $p | Wait-IpcProcess -Timeout 60
        $ended.Id | Should -Be $p.Id
        $ended.ExitCode | Should -Be 3
        $ended.IsAlive | Should -BeFalse
        (Wait-IpcProcess $p.Name).Id | Should -Be $p.Id
    }

    It 'says what it does not find' {
        { Wait-IpcProcess none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
