<#
.SYNOPSIS
    A queue of work that survives a killed worker: no item is lost, and what comes again says so.
.DESCRIPTION
    Workers confirm an item when its result has been sent. One of them is killed in the middle of an item; another worker gets that item again,
    marked as redelivered. Results are keyed by item, so one that was sent twice counts once.
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
Close-IpcQueue $work                                      # nothing more to do: workers end when all is confirmed

$done = @{}
$killed = $false
while ($done.Count -lt 100) {
    $result = Receive-IpcMessage $results -Timeout 60
    if ($done.ContainsKey($result.Item)) { "item $($result.Item) was done twice" }
    elseif ($result.Redelivered) { "item $($result.Item) was done again, by another worker" }
    $done[$result.Item] = $result.Square
    if (-not $killed -and $done.Count -ge 20) {
        Stop-IpcProcess $workers[0] -Force                # kill -9, in the middle of whatever it does
        $killed = $true
    }
}
Wait-IpcQueue $work -Timeout 60
$wrong = @(1..100 | Where-Object { $done[$_] -ne $_ * $_ })
if ($wrong.Count -gt 0) { throw "Wrong or missing: $wrong" }
"all 100 items are done, though $($workers[0].Name) was $($workers[0].End)"
$workers | Wait-IpcProcess | Remove-IpcProcess
$work, $results | Remove-IpcQueue
