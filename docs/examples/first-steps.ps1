<#
.SYNOPSIS
    Twenty first steps of a few lines each, from a script block for each object to Python and C.
.DESCRIPTION
    Each step stands by itself and shows its result. Get-Help of the named cmdlets and topics has the details.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Shows the result of a step and checks it.
function Show-Step {
    param([string] $Title, $Expected, $Got)
    "{0,-52} {1}" -f $Title, (@($Got) -join ' ')
    if ((@($Got) -join ' ') -ne (@($Expected) -join ' ')) { throw "$Title should give: $Expected" }
}

# 1. Run something for each object, on all processors. The results are in order. (about_ProcessPools)
$squares = 1..5 | Invoke-ProcessPool { $_ * $_ }
Show-Step '1. For each object' (1, 4, 9, 16, 25) $squares

# 2. Pass variables and functions: $using: and -Function.
function Get-Price { param($Net, $Tax) $Net * (1 + $Tax) }
$tax = 0.5
$prices = 10, 20 | Invoke-ProcessPool { Get-Price $_ $using:tax } -Function Get-Price
Show-Step '2. With variables and functions' (15, 30) $prices

# 3. Many slow calls at once, to the web for example: more workers than processors, a time limit for each, one retry.
$pages = 'a', 'b', 'c', 'd' | Invoke-ProcessPool { Start-Sleep -Milliseconds 20; "page $_" } -ThrottleLimit 4 -TaskTimeout 30 -RetryCount 1
Show-Step '3. Slow calls at once' ('page a', 'page b', 'page c', 'page d') $pages

# 4. Show progress.
$counted = @(1..200 | Invoke-ProcessPool { $_ } -ShowProgress)
Show-Step '4. With a progress bar' 200 $counted.Count

# 5. Find out what failed. The other objects are processed, and the failed one is the error's target.
$good = 1..3 | Invoke-ProcessPool { if ($_ -eq 2) { throw 'no two' }; $_ } -ErrorAction SilentlyContinue -ErrorVariable failed
Show-Step '5. What failed' ('1 3 and 2: no two') "$good and $($failed[0].TargetObject): $($failed[0])"

# 6. Start a task, continue, and collect its result later.
$task = Start-ProcessPoolTask { param($n) $n / 2 } 84
Show-Step '6. Start now, collect later' 42 (Receive-ProcessPoolTask $task)

# 7. Run a script block in a process of its own, which is also a Job.
$process = Start-IpcProcess { param($name) "hello, $name" } -ArgumentList 'world'
Show-Step '7. A process of its own' 'hello, world' ($process | Wait-IpcProcess | Receive-IpcProcess)
Remove-IpcProcess $process

# 8. Pass work between two terminals: a name is enough. Here the other terminal is a process. (about_IpcQueues)
$work = "first-steps-$PID"
$null = New-IpcQueue $work
$terminal = Start-IpcProcess { param($name) 'parcel', 'letter' | Send-IpcMessage $name; Close-IpcQueue $name } -ArgumentList $work
Show-Step '8. Between two terminals' ('parcel', 'letter') (Receive-IpcMessage $work -Wait)
$terminal | Wait-IpcProcess | Remove-IpcProcess
Remove-IpcQueue $work

# 9. Distribute work among waiting workers. Closing the queue ends them.
$jobs = New-IpcQueue
$done = New-IpcQueue
$workers = 1..2 | ForEach-Object { Start-IpcProcess { Receive-IpcMessage $using:jobs -Wait | ForEach-Object { $_ * 10 } | Send-IpcMessage $using:done } }
1..6 | Send-IpcMessage $jobs
Close-IpcQueue $jobs
$sum = Receive-IpcMessage $done -Count 6 | Measure-Object -Sum
Show-Step '9. Workers and a queue' 210 $sum.Sum
$workers | Wait-IpcProcess | Remove-IpcProcess
Remove-IpcQueue $jobs, $done

# 10. Redeliver the work of a killed worker: a message that it had not confirmed.
$orders = New-IpcQueue -RequireConfirmation
'order 1' | Send-IpcMessage $orders
$worker = Start-IpcProcess { $null = Receive-IpcMessage $using:orders; Start-Sleep 600 }
while ($orders.Count -gt 0) { Start-Sleep -Milliseconds 1 }     # until it has received it
Stop-IpcProcess $worker -Force
$again = Receive-IpcMessage $orders
Confirm-IpcMessage $again
Show-Step '10. A worker is killed, its work is redelivered' ('order 1', 'redelivered True') ($again.Body, "redelivered $($again.Redelivered)")
Remove-IpcProcess $worker -Force
Remove-IpcQueue $orders

# 11. Request and reply: a two-way pipe.
$pipe = New-IpcPipe -Duplex
$theirs = $pipe.Second
$server = Start-IpcProcess { Receive-IpcMessage $using:theirs -Wait | ForEach-Object { $_.ToUpper() } | Send-IpcMessage $using:theirs }
'are you there' | Send-IpcMessage $pipe.First
Show-Step '11. Request and reply' 'ARE YOU THERE' (Receive-IpcMessage $pipe.First -Timeout 60)
Close-IpcPipe $pipe
$server | Wait-IpcProcess | Remove-IpcProcess
Remove-IpcPipe $pipe

# 12. Publish and subscribe: each subscription gets each message.
$news = New-IpcTopic
$readers = 1..2 | ForEach-Object { New-IpcSubscription $news }
'all' | Send-IpcMessage $news
Show-Step '12. Publish and subscribe' ('all', 'all') ($readers | ForEach-Object { Receive-IpcMessage $_ })
Remove-IpcTopic $news

# 13. Count together. Add is atomic; Update-SharedValue runs a script block under the value's lock. (about_SharedMemory)
$count = New-SharedValue -Value 0
1..100 | Invoke-ProcessPool { $null = ($using:count).Add(1) }
Update-SharedValue $count { $_ * 2 }
Show-Step '13. A counter' 200 $count.Value
Remove-SharedValue $count

# 14. Fill one array from many processes, in shared memory.
$numbers = New-SharedArray 4
0..3 | Invoke-ProcessPool { ($using:numbers)[$_] = $_ * 1.5 }
Show-Step '14. An array' (0, 1.5, 3, 4.5) $numbers.ToArray()
Remove-SharedArray $numbers

# 15. Keep settings, or results by their names, for all processes.
$settings = New-SharedDictionary
$settings['limit'] = @{ low = 1; high = 9 }
Show-Step '15. A dictionary' 9 (Invoke-ProcessPool { ($using:settings)['limit'].high })
Remove-SharedDictionary $settings

# 16. Let one process at a time write a file. (about_IpcSynchronization)
$lock = New-IpcLock
$file = (New-TemporaryFile).FullName
1..20 | Invoke-ProcessPool { $line = $_; Use-IpcLock $using:lock { Add-Content $using:file $line } }
Show-Step '16. A file behind a lock' 20 @(Get-Content $file).Count
Remove-Item $file
Remove-IpcLock $lock

# 17. Limit concurrency.
$two = New-IpcSemaphore -Count 2
1..6 | Invoke-ProcessPool { Enter-IpcSemaphore $using:two; Start-Sleep -Milliseconds 2; Exit-IpcSemaphore $using:two }
Show-Step '17. Two at a time' 2 $two.Count
Remove-IpcSemaphore $two

# 18. Wait for several objects: events, messages, the end of processes.
$go = New-IpcEvent
$inbox = New-IpcQueue
$null = Start-ProcessPoolTask { Set-IpcEvent $using:go }
Show-Step '18. The first of several objects' 'Event' (Wait-IpcObject $go, $inbox -Timeout 60).Kind
Remove-IpcEvent $go
Remove-IpcQueue $inbox

# 19. Exchange objects with Python's standard library. (about_IpcPython)
$python = Get-Command python3, python -CommandType Application -ErrorAction Ignore | Select-Object -First 1
if ($python) {
    $listener = New-IpcListener -AuthKey 'secret'
    $script = "import sys; from multiprocessing.connection import Client; c = Client(sys.argv[1], authkey=b'secret'); c.send(sorted(c.recv()))"
    $file = New-TemporaryFile
    Set-Content $file $script
    $child = Start-Process $python.Source $file, $listener.Address -PassThru
    $connection = Receive-IpcConnection $listener -Timeout 60
    Send-IpcMessage $connection (3, 1, 2)
    $sorted = Receive-IpcMessage $connection -Timeout 60
    Show-Step '19. Python' '1, 2, 3' ($sorted -join ', ')
    $child | Wait-Process
    Remove-Item $file
    Close-IpcPipe $connection
    Close-IpcListener $listener
}
else { '19. Python is not on this machine' }

# 20. Use a C structure with the layout of the C compiler, and call a C function.
$point = New-CStruct 'struct FirstPoint { int32_t x; double y; };'
Show-Step '20. C: the size of a structure' 16 (ConvertTo-IpcData @{ x = 1; y = 2.5 } -Layout $point).Length
if ($IsLinux) { Show-Step '    and a function of the C library' 3 (Invoke-NativeFunction libm.so.6 cbrt 27.0 -ReturnType double) }

# Only the warm workers are left; they end with this session.
$left = Get-IpcObject | Where-Object { $_.CreatorProcessId -eq $PID -and $_.Kind -notin 'Pool', 'Worker' }
if ($left) { throw "left: $($left.Name)" }
