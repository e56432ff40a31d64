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
        $event = New-IpcEvent -AutoReset
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
        $event.Wait(0) | Should -BeTrue -Because 'the wait leaves it set'
        Close-IpcPipe $client
        Close-IpcListener $listener
    }

    It 'waits for more objects than the kernel takes at once' {
        $queues = 1..300 | ForEach-Object { New-IpcQueue -Capacity 4KB }
        $late = $queues[250]
        $other = Start-Other { 1 | Send-IpcMessage $using:late }
        Wait-IpcObject $queues -Timeout 60 | Should -Be $late
        Receive-ProcessPoolTask $other
        $queues | Remove-IpcQueue
    }

    It 'says what was not ready, and what it cannot wait for' {
        $queue = New-IpcQueue
        Wait-IpcObject $queue -Timeout 0.05 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'IpcTimeout,*'
        "$($problem[0])" | Should -Match $queue.Name
        $ready = New-IpcQueue
        Close-IpcQueue $ready
        Wait-IpcObject $queue, $ready -Timeout 60 | Should -Be $ready
        { Wait-IpcObject $queue, $ready -All -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $process = Start-IpcProcess { Start-Sleep 60 }
        { Wait-IpcObject $process -Timeout 0.05 -ErrorAction Stop } | Should -Throw "*$($process.Name)*"
        { Wait-IpcObject 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { Wait-IpcObject no-such-channel -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Wait-IpcObject (New-IpcTopic) -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
    }
}
