<#
.SYNOPSIS
    An array that PowerShell and NumPy share, and a connection that signals changes.
.DESCRIPTION
    Both processes map the array, so its numbers are never copied. Only the location of the array and short signals go through the connection. Without NumPy the script
    reports that and ends.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$python = @((Get-Command python3 -All -CommandType Application -ErrorAction Ignore).Source | Where-Object { $_ } | Where-Object { & $_ -c 'import numpy' 2> $null; $LASTEXITCODE -eq 0 })
if (-not $python -or -not $IsLinux) { 'no python3 with NumPy is on this machine: nothing to show'; return }

$worker = @'
import os, numpy
from multiprocessing import shared_memory, resource_tracker
from multiprocessing.connection import Client
with Client(os.environ['ADDRESS'], authkey=b'k') as events:
    where = events.recv()
    memory = shared_memory.SharedMemory(where['name'])
    resource_tracker.unregister(memory._name, 'shared_memory')     # it is not Python's to remove
    a = numpy.ndarray(where['shape'], numpy.dtype(where['dtype'].strip("'")), buffer=memory.buf, offset=where['offset'])
    while events.recv() == 'square':
        a *= a
        events.send(float(a.sum()))
    events.send(a[:2])                                               # a NumPy array arrives as a .NET array
    del a; memory.close()
'@

$array = New-SharedArray -Shape 1000, 1000
$array.Fill(3)
$listener = New-IpcListener -AuthKey k
$script = New-TemporaryFile
Set-Content $script $worker
$process = Start-Process $python[0] $script -Environment @{ ADDRESS = $listener.Address } -PassThru
$events = Receive-IpcConnection $listener -Timeout 30
Send-IpcMessage $events @{ name = $array.Name; shape = $array.Shape; dtype = $array.NumPyDType; offset = $array.DataOffset }

foreach ($expected in 9, 81) {
    Send-IpcMessage $events square                                   # NumPy's turn
    $sum = Receive-IpcMessage $events -Timeout 30                    # and PowerShell's
    "$($array[0, 0]) at [0, 0], the sum is $sum"
    if ($array[999, 999] -ne $expected -or $sum -ne $array.Sum()) { throw 'The array does not have the values that NumPy wrote.' }
}
Send-IpcMessage $events end
$rows = Receive-IpcMessage $events -Timeout 30
"$($rows.GetType().Name) of $($rows.GetLength(0)) x $($rows.GetLength(1))"
$process.WaitForExit()
Close-IpcPipe $events; Close-IpcListener $listener
Remove-Item $script
Remove-SharedArray $array
