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

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-IpcTopic -Name "pester-late-$using:PID"
            Receive-IpcMessage $using:go -Timeout 60
            Remove-IpcTopic $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-IpcTopic "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-IpcTopic "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-IpcTopic "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-IpcTopic "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-IpcTopic "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
