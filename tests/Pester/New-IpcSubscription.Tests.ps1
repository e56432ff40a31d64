BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcSubscription' {
    AfterEach { Remove-TestObject }

    It 'gets what is sent from now on, or from the oldest that is there' {
        $topic = New-IpcTopic
        $first = New-IpcSubscription $topic
        1 | Send-IpcMessage $topic
        $now = New-IpcSubscription $topic.Name
        $all = $topic | New-IpcSubscription -FromOldest
        2 | Send-IpcMessage $topic
        Receive-IpcMessage $first -Available | Should -Be 1, 2
        Receive-IpcMessage $now -Available | Should -Be 2
        Receive-IpcMessage $all -Available | Should -Be 1, 2
        $topic.Subscriptions | Should -Be 3
        $first, $now | Remove-IpcSubscription
        $topic.Subscriptions | Should -Be 1
    }

    It 'of a killed process holds nobody up' {
        $topic = New-IpcTopic -Capacity 4KB
        $other = Start-Other { $s = New-IpcSubscription $using:topic; 'x' | Send-IpcMessage $using:topic; Receive-IpcMessage $s; Start-Sleep 60 }
        $mine = New-IpcSubscription $topic -FromOldest
        Receive-IpcMessage $mine -Timeout 60 | Should -Be 'x'
        Stop-Other $other
        Remove-IpcSubscription $mine
        1..500 | Send-IpcMessage $topic -Timeout 60 -ErrorAction Stop
    }

    It 'says what it cannot subscribe to' {
        { New-IpcSubscription no-such-topic -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { New-IpcSubscription (New-IpcQueue) -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        $closed = New-IpcTopic
        Close-IpcTopic $closed
        { New-IpcSubscription $closed -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }

    It 'wants a server that the session is connected to' {
        { New-IpcSubscription any-name -Server no-such-server -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
