BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Wait-IpcObject' {
    AfterEach { Remove-TestObject }

    It 'writes whatever is ready, jobs of others too' {
        $queue = New-IpcQueue
        $job = Start-ThreadJob { 1 }
        Wait-IpcObject $queue, $job -Timeout 60 | Should -Be $job
        1 | Send-IpcMessage $queue
        (Wait-IpcObject $queue, $job -All -Timeout 60).Count | Should -Be 2
        $job | Remove-Job
    }

    It 'waits for queues, pipes, subscriptions, events, connections, processes and tasks' {
        $queue = New-IpcQueue
        $pipe = New-IpcPipe
        $topic = New-IpcTopic
        $subscription = New-IpcSubscription $topic
        $event = New-IpcEvent
        $listener = New-IpcListener
        $client = Connect-IpcPipe $listener.Address
        $process = Start-IpcProcess { }
        $task = Start-Other { }
        1 | Send-IpcMessage $queue
        1 | Send-IpcMessage $pipe.Writer
        1 | Send-IpcMessage $topic
        Set-IpcEvent $event
        $all = $queue, $pipe.Reader, $subscription, $event, $listener, $process, $task
        @($all | Wait-IpcObject -All -Timeout 60) | Should -HaveCount 7
        Close-IpcPipe $client
        Close-IpcListener $listener
    }

    It 'says what was not ready, and what it cannot wait for' {
        $queue = New-IpcQueue
        Wait-IpcObject $queue -Timeout 0.05 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'IpcTimeout,*'
        "$($problem[0])" | Should -Match $queue.Name
        $process = Start-IpcProcess { Start-Sleep 60 }
        { Wait-IpcObject $process -Timeout 0.05 -ErrorAction Stop } | Should -Throw "*$($process.Name)*"
        { Wait-IpcObject 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { Wait-IpcObject no-such-channel -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Wait-IpcObject (New-IpcTopic) -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
    }
}
