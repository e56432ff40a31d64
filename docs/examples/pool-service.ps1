<#
.SYNOPSIS
    A service that takes orders from a queue, processes them in a pool, and replies to each at once.
.DESCRIPTION
    The service is one pipeline in a process of its own. It sends each reply when it is ready, while it waits for the next order. An order is confirmed after its reply
    was sent, so it is redelivered when a worker or the whole service is killed: the first worker that receives order 7 kills itself, and another one completes the order.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$orders = New-IpcQueue -RequireConfirmation
$replies = New-IpcQueue

$service = Start-IpcProcess {
    Invoke-ProcessPool -Channel $using:orders -Unordered {
        if ($_.Body -eq 7 -and -not $_.Redelivered) { Stop-Process -Id $PID -Force }
        Start-Sleep -Milliseconds 20                         # the work
        [pscustomobject]@{ Order = $_.Body; Total = 9.5 * $_.Body; Again = $_.Redelivered } | Send-IpcMessage $using:replies
        Confirm-IpcMessage $_
    }
}

# A client that needs each reply before it goes on.
1..5 | ForEach-Object {
    Send-IpcMessage $orders $_
    $reply = Receive-IpcMessage $replies -Timeout 60
    "order $($reply.Order): $($reply.Total)"
}

# A client that sends many orders at once.
6..20 | Send-IpcMessage $orders
Close-IpcQueue $orders                                        # the service ends when the queue is drained
$rest = @(Receive-IpcMessage $replies -Count 15 -Timeout 60)
"$($rest.Count) more replies, $(@($rest | Where-Object Again).Count) of them after a worker had died"

$service | Receive-IpcProcess -Wait -ErrorAction SilentlyContinue -ErrorVariable reported
"the service reported $($reported[0].FullyQualifiedErrorId) for order $($reported[0].TargetObject.Body)"
$missing = @(6..20 | Where-Object { $_ -notin $rest.Order })
if ($missing) { throw "No reply to the orders $missing" }
$service | Wait-IpcProcess | Remove-IpcProcess
$orders, $replies | Remove-IpcQueue
