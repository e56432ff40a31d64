BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcBarrier' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        (Get-IpcBarrier $barrier.Name).Name | Should -Be $barrier.Name
        Get-IpcBarrier "$($barrier.Name)*" | Should -HaveCount 1
        $barrier.Name | Get-IpcBarrier | Should -HaveCount 1
        (Get-IpcBarrier).Name | Should -Contain $barrier.Name
        Get-IpcBarrier 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-IpcBarrier no-such-barrier -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcBarrier 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        (Get-IpcBarrier $barrier.Name | Format-Table | Out-String) | Should -Match $barrier.Name
    }

    It 'completes the names of those that there are' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        (TabExpansion2 "Get-IpcBarrier $($barrier.Name.Substring(0, $barrier.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $barrier.Name
    }
}
