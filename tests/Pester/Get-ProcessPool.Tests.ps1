BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-ProcessPool' {
    AfterEach { Remove-TestObject }

    It 'finds pools by name, by wildcard, or all' {
        $pool = New-ProcessPool "pester-$PID" -WorkerCount 1
        (Get-ProcessPool $pool.Name).Name | Should -Be $pool.Name
        (Get-ProcessPool "pester-$PID*").Name | Should -Be $pool.Name
        (Get-ProcessPool).Name | Should -Contain $pool.Name
        (TabExpansion2 "Get-ProcessPool pester-$PID").CompletionMatches.CompletionText | Should -Contain $pool.Name
        Get-ProcessPool $pool.Name | Out-String | Should -Match $pool.Name
    }

    It 'shows the pool of the session' {
        Invoke-ProcessPool { 1 } | Should -Be 1
        Get-ProcessPool | Where-Object IsDefault | Should -Not -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-ProcessPool no-such-pool -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
        Get-ProcessPool no-such-* | Should -BeNullOrEmpty
    }
}
