BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcTopic' {
    AfterEach { Remove-TestObject }

    It 'opens topics by name, by wildcard, or all' {
        $topic = New-IpcTopic
        (Get-IpcTopic $topic.Name).Name | Should -Be $topic.Name
        Get-IpcTopic "$($topic.Name)*" | Should -HaveCount 1
        (Get-IpcTopic).Name | Should -Contain $topic.Name
    }

    It 'says what it does not find' {
        { Get-IpcTopic no-such-topic -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcTopic (New-IpcQueue).Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcTopic 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'wants a server that the session is connected to' {
        { Get-IpcTopic any-name -Server no-such-server -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
