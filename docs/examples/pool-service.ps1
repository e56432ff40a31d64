<#
.SYNOPSIS
    A service: takes orders from a queue, works on them in several processes, and replies at once.
.DESCRIPTION
    The service is one pipeline in a process of its own. Its replies leave when they are ready, while it waits for the next order. An order is confirmed when its reply
    has been sent, so it is not lost when a worker or the whole service is killed: here the first worker that gets order 7 kills itself, and another one does the order.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$orders = New-IpcQueue -RequireConfirmation
$replies = New-IpcQueue

$service = Start-IpcProcess {
    Invoke-ProcessPool -Channel $using:orders -Unordered {
        if ($_.Body -eq 7 -and -not $_.Redelivered) { [Diagnostics.Process]::GetCurrentProcess().Kill() }
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

# One that sends many at once.
6..20 | Send-IpcMessage $orders
Close-IpcQueue $orders                                        # the service ends when all is done
$rest = @(Receive-IpcMessage $replies -Count 15 -Timeout 60)
"$($rest.Count) more replies, $(@($rest | Where-Object Again).Count) of them after a worker had died"

$service | Receive-IpcProcess -Wait -ErrorAction SilentlyContinue -ErrorVariable reported
"the service reported $($reported[0].FullyQualifiedErrorId) for order $($reported[0].TargetObject.Body)"
$missing = @(6..20 | Where-Object { $_ -notin $rest.Order })
if ($missing) { throw "No reply to the orders $missing" }
$service | Wait-IpcProcess | Remove-IpcProcess
$orders, $replies | Remove-IpcQueue
