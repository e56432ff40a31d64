<#
.SYNOPSIS
    Failures in a pool concern single items: errors, a worker that dies, an item that hangs, and retries.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$pool = New-ProcessPool -WorkerCount 2

# An error of an item is a non-terminating error of Invoke-ProcessPool, with the item as its target. Output that the item wrote before is delivered.
$output = @(1..6 | Invoke-ProcessPool -Pool $pool -ErrorAction SilentlyContinue -ErrorVariable problems {
        "item $_ begins"
        if ($_ % 3 -eq 0) { throw "item $_ is invalid" }
        "item $_ ends"
    })
foreach ($problem in $problems) { "error of item $($problem.TargetObject): $($problem.Exception.Message)" }
if ($output.Count -ne 10 -or "$($problems.TargetObject)" -ne '3 6') { throw 'Items 3 and 6 should have failed, half way.' }

# When a worker dies, only the item that it was running fails. A new worker replaces it.
$output = @(1..50 | Invoke-ProcessPool -Pool $pool -ErrorAction SilentlyContinue -ErrorVariable problems {
        if ($_ -eq 20) { Stop-Process -Id $PID -Force }
        if ($_ -eq 30) { exit 3 }
        $_
    })
foreach ($problem in $problems) { "$($problem.FullyQualifiedErrorId.Split(',')[0]) of item $($problem.TargetObject): $($problem.Exception.Message)" }
if ($output.Count -ne 48 -or "$($problems.TargetObject)" -ne '20 30') { throw 'Items 20 and 30 should have died, and no other.' }

# With -TaskTimeout, an item that takes too long fails, and its worker is replaced.
$output = @(1..6 | Invoke-ProcessPool -Pool $pool -TaskTimeout 3 -ErrorAction SilentlyContinue -ErrorVariable problems {
        if ($_ -eq 4) { Start-Sleep 3600 }
        $_
    })
foreach ($problem in $problems) { "$($problem.FullyQualifiedErrorId.Split(',')[0]) of item $($problem.TargetObject): $($problem.Exception.Message)" }
if ("$output" -ne '1 2 3 5 6' -or $problems.Count -ne 1) { throw 'Item 4 should have run out of time, and no other.' }

# -RetryCount retries such an item. A shared value counts the attempts, of which the first two die.
$attempts = New-SharedValue -Value 0
$output = @(1..10 | Invoke-ProcessPool -Pool $pool -RetryCount 2 {
        $attempts = $using:attempts
        if ($_ -eq 5 -and $attempts.Add(1) -le 2) { Stop-Process -Id $PID -Force }
        $_ * $_
    })
"item 5 took $($attempts.Value) attempts; all 10 results are there: $output"
if ($attempts.Value -ne 3 -or $output.Count -ne 10 -or $output[4] -ne 25) { throw 'Item 5 should have come out right at its third attempt.' }

# -ErrorAction Stop ends the call at the first error; items that have not begun do not run.
$caught = $null
try { 1..100000 | Invoke-ProcessPool -Pool $pool -ErrorAction Stop { if ($_ -eq 10) { throw 'enough' } } } catch { $caught = $_ }
"-ErrorAction Stop: '$($caught.Exception.Message)' of item $($caught.TargetObject)"
if ($caught.TargetObject -ne 10) { throw 'The error of item 10 should have come.' }

# Receiving a task throws its error.
$task = Start-ProcessPoolTask -Pool $pool { throw 'a task can fail too' }
try { Receive-ProcessPoolTask $task; throw 'no error came' } catch { $caught = $_ }
"$task $($task.State): $($caught.Exception.Message)"
if ("$($task.State)" -ne 'Failed' -or "$caught" -ne 'a task can fail too') { throw 'The task should have failed.' }

"the pool has replaced $($pool.Restarts) workers and has $($pool.WorkerCount)"
if (@(1..4 | Invoke-ProcessPool -Pool $pool { $_ }).Count -ne 4) { throw 'The pool should go on.' }
Remove-SharedValue $attempts
Remove-ProcessPool $pool
