BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'A service: requests from one queue, replies into another' {
    AfterEach { Remove-TestObject }

    It 'replies while it waits for the next request' {
        $requests = New-IpcQueue
        $replies = New-IpcQueue
        $null = Start-IpcProcess { Receive-IpcMessage $using:requests -Wait | Invoke-ProcessPool { $_ * 2 } | Send-IpcMessage $using:replies }
        1..3 | ForEach-Object {
            Send-IpcMessage $requests $_
            Receive-IpcMessage $replies -Timeout 60
        } | Should -Be 2, 4, 6
    }

    It 'replies through commands, functions and script blocks before and behind the pool' {
        $requests = New-IpcQueue
        $replies = New-IpcQueue
        $null = Start-IpcProcess {
            function Get-Request { process { & { Receive-IpcMessage $using:requests -Wait } } }
            function Skip-Odd { process { if ($_ % 2 -eq 0) { $_ } } }
            Get-Request | Where-Object { $_ -gt 0 } | Skip-Odd | Invoke-ProcessPool { $_ + 1 } | ForEach-Object { "reply $_" } | Send-IpcMessage $using:replies
        }
        2, 4 | ForEach-Object {
            -1, 1, $_ | Send-IpcMessage $requests
            Receive-IpcMessage $replies -Timeout 60
        } | Should -Be 'reply 3', 'reply 5'
    }

    It 'replies with -Channel too' {
        $requests = New-IpcQueue
        $replies = New-IpcQueue
        $service = Start-IpcProcess { Invoke-ProcessPool -Channel $using:requests { $_ * 2 } | Send-IpcMessage $using:replies }
        1..3 | ForEach-Object {
            Send-IpcMessage $requests $_
            Receive-IpcMessage $replies -Timeout 60
        } | Should -Be 2, 4, 6
        Close-IpcQueue $requests
        (Wait-IpcProcess $service -Timeout 60).State | Should -Be 'Completed'
    }

    It 'takes the $using: values that it was given itself' {
        $requests = New-IpcQueue
        $replies = New-IpcQueue
        $null = Start-IpcProcess { Invoke-ProcessPool -Channel $using:requests { $_ * 2 | Send-IpcMessage $using:replies } }
        Send-IpcMessage $requests 1
        Receive-IpcMessage $replies -Timeout 60 | Should -Be 2
    }

    It 'writes results while <Source> waits' -ForEach @(
        @{ Source = 'Receive-IpcProcess'; Wait = { $process = Start-IpcProcess { 1; Wait-IpcEvent $using:done }; Receive-IpcProcess $process -Wait } }
        @{ Source = 'Wait-IpcEvent'; Wait = { 1; Wait-IpcEvent $done } }
        @{ Source = 'Wait-IpcObject'; Wait = { 1; $null = Wait-IpcObject $done } }
        @{ Source = 'Wait-IpcProcess'; Wait = { 1; $process = Start-IpcProcess { Wait-IpcEvent $using:done }; $null = Wait-IpcProcess $process } }
        @{ Source = 'Receive-ProcessPoolTask'; Wait = { 1; Start-ProcessPoolTask -Pool $pool { Wait-IpcEvent $using:done } | Receive-ProcessPoolTask } }
        @{ Source = 'Wait-ProcessPoolTask'; Wait = { 1; $null = Start-ProcessPoolTask -Pool $pool { Wait-IpcEvent $using:done } | Wait-ProcessPoolTask } }
        @{ Source = 'Receive-IpcConnection'; Wait = { 1; Receive-IpcConnection $listener -Wait } }
        @{ Source = 'another pool'; Wait = { 1, 2 | Invoke-ProcessPool -Pool $pool { if ($_ -eq 2) { Wait-IpcEvent $using:done } else { $_ } } } }
    ) {
        $done = New-IpcEvent
        $pool = New-ProcessPool -WorkerCount 2
        $listener = New-IpcListener "$TestDrive/$([guid]::NewGuid().ToString('N').Substring(0, 8))" -AuthKey 'a key for tests'
        $results = & $Wait | Invoke-ProcessPool { $_ * 10 } | ForEach-Object { $_; Set-IpcEvent $done; Close-IpcListener $listener }
        $results | Should -Be 10
    }

    It 'ends by Select-Object -First, by an error with -ErrorAction Stop, and by its -Timeout' {
        $requests = New-IpcQueue
        function Get-Request { Receive-IpcMessage $requests -Wait; throw 'The rest of the function is not run.' }
        1..3 | Send-IpcMessage $requests
        Get-Request | Invoke-ProcessPool { $_ } | Select-Object -First 3 | Should -Be 1, 2, 3
        1..2 | Send-IpcMessage $requests
        $seen = [Collections.Generic.List[int]]::new()
        { Get-Request | Invoke-ProcessPool { if ($_ -eq 2) { Get-Item "$using:TestDrive/none" -ErrorAction Stop }; $_ } -ErrorAction Stop | ForEach-Object { $seen.Add($_) } } |
            Should -Throw -ErrorId 'PathNotFound*'
        $seen | Should -Be 1
        Get-Request | Invoke-ProcessPool { $_ } -Timeout 0.5 -ErrorAction SilentlyContinue -ErrorVariable e
        $e[0].FullyQualifiedErrorId | Should -BeLike 'IpcTimeout,*'
    }

    It 'has the preferences of its own scope for errors, not those of the function that waits' {
        $requests = New-IpcQueue
        function Get-Request { $ErrorActionPreference = 'Stop'; Receive-IpcMessage $requests -Wait }
        1..2 | Send-IpcMessage $requests
        $done = New-IpcEvent
        Get-Request | Invoke-ProcessPool { if ($_ -eq 1) { throw 'one' }; $_ } -ErrorAction SilentlyContinue | ForEach-Object { $_; Close-IpcQueue $requests } | Should -Be 2
        $ErrorActionPreference = 'SilentlyContinue'
        $requests = New-IpcQueue
        1..2 | Send-IpcMessage $requests
        Get-Request | Invoke-ProcessPool { if ($_ -eq 1) { throw 'one' }; $_ } | ForEach-Object { $_; Close-IpcQueue $requests } | Should -Be 2
    }
}

Describe 'A service whose requests must be done' {
    AfterEach { Remove-TestObject }

    It 'confirms what comes back from the workers' {
        $orders = New-IpcQueue -RequireConfirmation
        1..5 | Send-IpcMessage $orders
        Close-IpcQueue $orders
        Receive-IpcMessage $orders -Wait -IncludeMetadata | Invoke-ProcessPool { $_ } | Confirm-IpcMessage -PassThru | ForEach-Object Body | Should -Be (1..5)
        $orders.Unconfirmed | Should -Be 0
    }

    It 'confirms inside the workers' {
        $orders = New-IpcQueue -RequireConfirmation
        1..5 | Send-IpcMessage $orders
        Close-IpcQueue $orders
        Receive-IpcMessage $orders -Wait | Invoke-ProcessPool { $_.Body * 2; Confirm-IpcMessage $_ } | Should -Be 2, 4, 6, 8, 10
        $orders.Unconfirmed | Should -Be 0
    }

    It 'gets the message of a worker that died again' {
        $orders = New-IpcQueue -RequireConfirmation
        1..3 | Send-IpcMessage $orders
        Close-IpcQueue $orders
        Invoke-ProcessPool -Channel $orders {
            if ($_.Body -eq 2 -and -not $_.Redelivered) { Stop-Process -Id $PID -Force; Start-Sleep 60 }
            $_
        } -ErrorAction SilentlyContinue -ErrorVariable e | Confirm-IpcMessage -PassThru | ForEach-Object { "$($_.Body) $($_.DeliveryCount)" } | Should -Be '1 1', '3 1', '2 2'
        $e[0].FullyQualifiedErrorId | Should -BeLike 'IpcWorkerDied,*'
        $e[0].TargetObject.Body | Should -Be 2
        $orders.Unconfirmed | Should -Be 0
    }

    It 'runs a message again by -RetryCount before another receiver gets it' {
        $orders = New-IpcQueue -RequireConfirmation
        1 | Send-IpcMessage $orders
        $tries = New-SharedValue -Value 0
        Receive-IpcMessage $orders | Invoke-ProcessPool { if (($using:tries).Add(1) -lt 2) { Stop-Process -Id $PID -Force; Start-Sleep 60 }; $_ } -RetryCount 1 |
            Confirm-IpcMessage -PassThru | ForEach-Object DeliveryCount | Should -Be 1
    }

    It 'gives back what was not done when it ends early' {
        $orders = New-IpcQueue -RequireConfirmation
        1..6 | Send-IpcMessage $orders
        Receive-IpcMessage $orders -Wait | Invoke-ProcessPool { $_ } | Confirm-IpcMessage -PassThru | Select-Object -First 1 | ForEach-Object Body | Should -Be 1
        Invoke-ProcessPool -Channel $orders { if ($_.Body -gt 0) { Start-Sleep 600 } } -Timeout 1 -ErrorAction SilentlyContinue
        Receive-IpcMessage $orders -Count 5 -Timeout 60 | ForEach-Object Body | Sort-Object | Should -Be (2..6)
    }

    It 'refuses a confirmation of what another receiver has got since' {
        $orders = New-IpcQueue -RequireConfirmation
        1 | Send-IpcMessage $orders
        $first = Receive-IpcMessage $orders | Invoke-ProcessPool { $_ }
        $null = $first | Invoke-ProcessPool { exit 1 } -ErrorAction SilentlyContinue
        $second = Receive-IpcMessage $orders -Timeout 60
        { Confirm-IpcMessage $first -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotOwner,*'
        Confirm-IpcMessage $second -ErrorAction Stop
    }

    It 'lets any process confirm what it was passed' {
        $orders = New-IpcQueue -RequireConfirmation
        'a', 'b' | Send-IpcMessage $orders
        $message = Receive-IpcMessage $orders
        Start-IpcProcess { Confirm-IpcMessage $using:message } | Wait-IpcProcess | Receive-IpcProcess
        $orders.Unconfirmed | Should -Be 0
        $other = New-IpcQueue
        Receive-IpcMessage $orders | Send-IpcMessage $other
        (Receive-IpcMessage $other).Confirm() | Should -BeTrue
        Wait-IpcQueue $orders -Timeout 0 -ErrorAction Stop
    }
}
