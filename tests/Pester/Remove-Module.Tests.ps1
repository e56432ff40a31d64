BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-Module PSIpc' {
    AfterAll { Remove-TestObject }

    It 'ends the workers of the default pool, which come again with the module' {
        $lines = pwsh -NoProfile -NonInteractive -Command "
            Import-Module '$module'
            `$ids = 1..4 | Invoke-ProcessPool { `$PID } | Sort-Object -Unique
            Remove-Module PSIpc
            `"left: `$((Get-Process -Id `$ids -ErrorAction Ignore).Id)`"
            Import-Module '$module'
            1 | Invoke-ProcessPool { 'again' }
        "
        $lines | Should -Be 'left: ', 'again'
    }

    It 'leaves them to another session of the process that has the module' {
        $id = Invoke-ProcessPool { $PID }
        $session = [powershell]::Create()
        $null = $session.AddScript("Import-Module '$module'; Remove-Module PSIpc").Invoke()
        $session.Dispose()
        Invoke-ProcessPool { $PID } | Should -Be $id
    }
}
