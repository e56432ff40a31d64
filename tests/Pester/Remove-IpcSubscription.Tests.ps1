BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-IpcSubscription' {
    AfterEach { Remove-TestObject }

    It 'ends a subscription, and no other' {
        $topic = New-IpcTopic
        $a = New-IpcSubscription $topic
        $b = New-IpcSubscription $topic
        Remove-IpcSubscription $a -WhatIf
        1 | Send-IpcMessage $topic
        Receive-IpcMessage $a | Should -Be 1
        $a | Remove-IpcSubscription -Confirm:$false
        { Receive-IpcMessage $a -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
        Receive-IpcMessage $b | Should -Be 1
        Remove-IpcSubscription -Subscription $b
    }
}
