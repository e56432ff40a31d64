<#
.SYNOPSIS
    A work queue with confirmation: when a worker is killed, its unconfirmed items are redelivered.
.DESCRIPTION
    Workers confirm an item after they have sent its result. One of them is killed in the middle of an item, which is redelivered to another worker.
    Results are keyed by item, so a result that was sent twice counts once.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$work = New-IpcQueue -RequireConfirmation
$results = New-IpcQueue
$worker = {
    Receive-IpcMessage $using:work -Wait | ForEach-Object {
        Start-Sleep -Milliseconds 5                      # the work
        [pscustomobject]@{ Item = $_.Body; Square = $_.Body * $_.Body; Worker = $PID; Redelivered = $_.Redelivered } | Send-IpcMessage $using:results
        Confirm-IpcMessage $_
    }
}
$workers = @(1..2 | ForEach-Object { Start-IpcProcess $worker })
1..100 | Send-IpcMessage $work
Close-IpcQueue $work                                      # workers end when all items are confirmed

$done = @{}
$killed = $false
while ($done.Count -lt 100) {
    $result = Receive-IpcMessage $results -Timeout 60
    if ($done.ContainsKey($result.Item)) { "item $($result.Item) was done twice" }
    elseif ($result.Redelivered) { "item $($result.Item) was done again, by another worker" }
    $done[$result.Item] = $result.Square
    if (-not $killed -and $done.Count -ge 20) {
        Stop-IpcProcess $workers[0] -Force                # kill -9
        $killed = $true
    }
}
Wait-IpcQueue $work -Timeout 60
$wrong = @(1..100 | Where-Object { $done[$_] -ne $_ * $_ })
if ($wrong.Count -gt 0) { throw "Wrong or missing: $wrong" }
"all 100 items are done, though $($workers[0].Name) was $($workers[0].End)"
$workers | Wait-IpcProcess | Remove-IpcProcess
$work, $results | Remove-IpcQueue
