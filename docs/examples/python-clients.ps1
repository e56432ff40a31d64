<#
.SYNOPSIS
    A PowerShell server that gives jobs to Python clients and receives their results.
.DESCRIPTION
    The server sleeps until a new client connects or a connected client sends a message. The connection of a client ends with its process; its job then goes to another client.
#>
param([int] $Clients = 3, [int] $Jobs = 30)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$python = Get-Command python3, python -CommandType Application -ErrorAction Ignore | Select-Object -First 1
if (-not $python) { 'python3 is not on this machine: nothing to show'; return }

$client = @'
import math, os
from multiprocessing.connection import Client
host, port = os.environ['ADDRESS'].rsplit(':', 1)
with Client((host, int(port)), authkey=b'open sesame') as server:
    done = 0
    while (job := server.recv()) is not None:
        if os.environ['NUMBER'] == '1' and done == 2: os._exit(1)     # this one dies with a job in its hands
        server.send((job, math.factorial(job)))
        done += 1
'@

$listener = New-IpcListener 127.0.0.1:0 -AuthKey 'open sesame'        # port 0: a free port
$script = New-TemporaryFile
Set-Content $script $client
$processes = foreach ($number in 1..$Clients) {
    Start-Process $python.Source $script -Environment @{ ADDRESS = $listener.Address; NUMBER = "$number" } -PassThru
}

$waiting = [Collections.Generic.Queue[int]]::new([int[]](1..$Jobs))
$results = @{}
$open = [Collections.Generic.List[object]]::new()
$taken = @{}                                                          # the job of each connection, by name
$come = $died = 0
while ($results.Count -lt $Jobs) {
    foreach ($ready in Wait-IpcObject (@($listener) + $open) -Timeout 60) {
        if ($ready -is [PSIpc.IpcListener]) {
            $open.Add((Receive-IpcConnection $ready))
            $come++
            continue
        }
        try {
            $message = Receive-IpcMessage $ready                      # a tuple
            $job, $result = $message
            $results[$job] = $result
        }
        catch {
            $null = $open.Remove($ready)                              # its process has ended
            $died++
            if ($taken[$ready.Name]) { $waiting.Enqueue($taken[$ready.Name]) }
        }
        $taken.Remove($ready.Name)
    }
    foreach ($idle in $open | Where-Object { -not $taken[$_.Name] }) {
        if ($waiting.Count -gt 0) {
            $taken[$idle.Name] = $waiting.Dequeue()
            Send-IpcMessage $idle $taken[$idle.Name] -ErrorAction Ignore  # Wait-IpcObject finds a closed connection
        }
    }
}
while ($come++ -lt $Clients) { $open.Add((Receive-IpcConnection $listener -Timeout 60)) }   # late clients, too, wait for an answer
$open | ForEach-Object { Send-IpcMessage $_ $null -ErrorAction Ignore }
$processes | Wait-Process
Remove-Item $script
Close-IpcListener $listener
"$($results.Count) results from $Clients clients, $died of which died; 30! = $($results[30])"
if ($Jobs -ge 30 -and $results[30] -ne [bigint]::Parse('265252859812191058636308480000000')) { throw 'A result is wrong.' }
