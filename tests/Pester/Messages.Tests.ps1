BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
}

Describe 'Pipes' {
    It 'end with the process that writes' {
        $pipe = New-IpcPipe
        $writer = $pipe.Writer
        $child = Start-IpcProcess { 1..5 | Send-IpcMessage $using:writer }
        Receive-IpcMessage $pipe.Reader -Wait | Measure-Object -Sum | ForEach-Object Sum | Should -Be 15
        $child | Wait-IpcProcess | Remove-IpcProcess
        $pipe | Remove-IpcPipe
    }

    It 'go both ways' {
        $pipe = New-IpcPipe -Duplex
        $child = Start-IpcProcess { param($end) Receive-IpcMessage $end -Wait | ForEach-Object { $_ * 2 | Send-IpcMessage $end } } -ArgumentList $pipe.Second
        21 | Send-IpcMessage $pipe.First
        Receive-IpcMessage $pipe.First -Timeout 30 | Should -Be 42
        Close-IpcPipe $pipe
        $child | Wait-IpcProcess -Timeout 30 | Remove-IpcProcess
        $pipe | Remove-IpcPipe
    }

    It 'stop at once with Select-Object -First' {
        $pipe = New-IpcPipe
        1..10 | Send-IpcMessage $pipe
        Receive-IpcMessage $pipe -Wait | Select-Object -First 3 | Should -Be 1, 2, 3
        Receive-IpcMessage $pipe | Should -Be 4
        $pipe | Remove-IpcPipe
    }
}

Describe 'Topics' {
    It 'give every message to every subscription' {
        $topic = New-IpcTopic
        $subscriptions = 1..3 | ForEach-Object { New-IpcSubscription $topic }
        Get-Date -Date 2026-01-02 | Send-IpcMessage $topic
        Close-IpcTopic $topic
        foreach ($subscription in $subscriptions) {
            Receive-IpcMessage $subscription -Wait | Should -Be (Get-Date -Date 2026-01-02)
        }
        Remove-IpcTopic $topic
    }

    It 'count what they drop' {
        $topic = New-IpcTopic -Capacity 4KB -OnOverflow DropOldest
        $subscription = New-IpcSubscription $topic
        1..500 | Send-IpcMessage $topic
        $got = @(Receive-IpcMessage $subscription -Available)
        $got[-1] | Should -Be 500
        $subscription.Lost + $got.Count | Should -Be 500
        Remove-IpcTopic $topic
    }
}

Describe 'Confirmation' {
    It 'gives what a stopped worker had to another' {
        $queue = New-IpcQueue -RequireConfirmation
        1..2 | Send-IpcMessage $queue
        $worker = Start-IpcProcess { Receive-IpcMessage $using:queue; [Threading.Thread]::Sleep(60000) }
        $worker | Receive-IpcProcess -Wait | Select-Object -First 1 | ForEach-Object Body | Should -Be 1
        $worker | Stop-IpcProcess -Force
        $again = Receive-IpcMessage $queue -Count 2 -Timeout 30
        $again.Body | Should -Be 1, 2
        $again.Redelivered | Should -Be $true, $false
        $again | Confirm-IpcMessage
        Wait-IpcQueue $queue -Timeout 30
        $worker | Remove-IpcProcess
        Remove-IpcQueue $queue
    }
}

Describe 'Wait-IpcObject' {
    It 'writes whatever is ready, jobs of others too' {
        $queue = New-IpcQueue
        $job = Start-Job { 1 }
        Wait-IpcObject $queue, $job -Timeout 30 | Should -Be $job
        1 | Send-IpcMessage $queue
        (Wait-IpcObject $queue, $job -All -Timeout 30).Count | Should -Be 2
        $job | Remove-Job
        Remove-IpcQueue $queue
    }

    It 'gives an error when the time is over' {
        $queue = New-IpcQueue
        Wait-IpcObject $queue -Timeout 0.05 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'IpcTimeout,*'
        Remove-IpcQueue $queue
    }
}

Describe 'Measure-IpcChannel' {
    It 'prints figures' {
        (Measure-IpcChannel Topic -Duration 0.05).MessagesPerSecond | Should -BeGreaterThan 0
    }
}
