<#
.SYNOPSIS
    What goes wrong in a pool stays with the item that it happened to: errors, a worker that dies, one that hangs, and how to try again.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$pool = New-ProcessPool -WorkerCount 2

# An error is a non-terminating one of Invoke-ProcessPool: with the item as its target, and where in the script block it was. What the item wrote before is there.
$output = @(1..6 | Invoke-ProcessPool -Pool $pool -ErrorAction SilentlyContinue -ErrorVariable problems {
        "item $_ begins"
        if ($_ % 3 -eq 0) { throw "item $_ is not to my taste" }
        "item $_ ends"
    })
foreach ($problem in $problems) { "error of item $($problem.TargetObject): $($problem.Exception.Message)" }
if ($output.Count -ne 10 -or "$($problems.TargetObject)" -ne '3 6') { throw 'Items 3 and 6 should have failed, half way.' }

# A worker that dies fails the item that it was running, no other. A new worker takes its place.
$output = @(1..50 | Invoke-ProcessPool -Pool $pool -ErrorAction SilentlyContinue -ErrorVariable problems {
        if ($_ -eq 20) { Stop-Process -Id $PID -Force }
        if ($_ -eq 30) { exit 3 }
        $_
    })
foreach ($problem in $problems) { "$($problem.FullyQualifiedErrorId.Split(',')[0]) of item $($problem.TargetObject): $($problem.Exception.Message)" }
if ($output.Count -ne 48 -or "$($problems.TargetObject)" -ne '20 30') { throw 'Items 20 and 30 should have died, and no other.' }

# So does one that takes too long, with -TaskTimeout.
$output = @(1..6 | Invoke-ProcessPool -Pool $pool -TaskTimeout 3 -ErrorAction SilentlyContinue -ErrorVariable problems {
        if ($_ -eq 4) { Start-Sleep 3600 }
        $_
    })
foreach ($problem in $problems) { "$($problem.FullyQualifiedErrorId.Split(',')[0]) of item $($problem.TargetObject): $($problem.Exception.Message)" }
if ("$output" -ne '1 2 3 5 6' -or $problems.Count -ne 1) { throw 'Item 4 should have run out of time, and no other.' }

# -RetryCount runs such an item again. The attempts are counted in shared memory, since the first two die.
$attempts = New-SharedValue -Value 0
$output = @(1..10 | Invoke-ProcessPool -Pool $pool -RetryCount 2 {
        $attempts = $using:attempts
        if ($_ -eq 5 -and $attempts.Add(1) -le 2) { Stop-Process -Id $PID -Force }
        $_ * $_
    })
"item 5 took $($attempts.Value) attempts; all 10 results are there: $output"
if ($attempts.Value -ne 3 -or $output.Count -ne 10 -or $output[4] -ne 25) { throw 'Item 5 should have come out right at its third attempt.' }

# An error that stops everything: what is not begun is not run.
$caught = $null
try { 1..100000 | Invoke-ProcessPool -Pool $pool -ErrorAction Stop { if ($_ -eq 10) { throw 'enough' } } } catch { $caught = $_ }
"-ErrorAction Stop: '$($caught.Exception.Message)' of item $($caught.TargetObject)"
if ($caught.TargetObject -ne 10) { throw 'The error of item 10 should have come.' }

# One task by itself: its error comes when it is received.
$task = Start-ProcessPoolTask -Pool $pool { throw 'a task can fail too' }
try { Receive-ProcessPoolTask $task; throw 'no error came' } catch { $caught = $_ }
"$task $($task.State): $($caught.Exception.Message)"
if ("$($task.State)" -ne 'Failed' -or "$caught" -ne 'a task can fail too') { throw 'The task should have failed.' }

"the pool has replaced $($pool.Restarts) workers and has $($pool.WorkerCount)"
if (@(1..4 | Invoke-ProcessPool -Pool $pool { $_ }).Count -ne 4) { throw 'The pool should go on.' }
Remove-SharedValue $attempts
Remove-ProcessPool $pool
