BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Close-IpcTopic' {
    AfterEach { Remove-TestObject }

    It 'lets subscriptions have the rest, then ends them' {
        $topic = New-IpcTopic
        $subscription = New-IpcSubscription $topic
        1..2 | Send-IpcMessage $topic
        Close-IpcTopic $topic -WhatIf
        $topic.IsClosed | Should -BeFalse
        Close-IpcTopic $topic.Name -Confirm:$false
        Receive-IpcMessage $subscription -Wait | Should -Be 1, 2
        { Send-IpcMessage $topic 3 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }

    It 'says what it cannot close' {
        { Close-IpcTopic no-such-topic -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Close-IpcTopic 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }

    It 'wants a server that the session is connected to' {
        { Close-IpcTopic any-name -Server no-such-server -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
