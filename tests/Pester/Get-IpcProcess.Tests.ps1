BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcProcess' {
    BeforeAll { $one, $two = 1..2 | ForEach-Object { Start-IpcProcess { } } }
    AfterAll { Remove-TestObject }

    It 'finds by name, by wildcard, by id, or all' {
        (Get-IpcProcess $one.Name).Id | Should -Be $one.Id
        Get-IpcProcess process-* | Should -HaveCount 2
        (Get-IpcProcess -Id $one.Id, $two.Id).Name | Should -Be $one.Name, $two.Name
        Get-IpcProcess | Should -HaveCount 2
        (TabExpansion2 'Get-IpcProcess ').CompletionMatches.CompletionText | Should -Contain $one.Name
    }

    It 'takes processes, also from the pipeline' {
        $p = Start-IpcProcess { 1 }
        "$p" | Should -Be $p.Name
        $p | Get-IpcProcess | Should -Be $p
        Get-IpcProcess $p | Should -Be $p
    }

    It 'shows itself in a table' {
        Get-IpcProcess | Out-String -Width 200 | Should -Match $one.Name
    }

    It 'says what it does not find' {
        { Get-IpcProcess none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcProcess -Id 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
