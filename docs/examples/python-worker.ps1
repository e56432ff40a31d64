<#
.SYNOPSIS
    A Python process that a script starts and sends work to, through a connection of Python's multiprocessing.
.DESCRIPTION
    The script listens, starts Python with the address and a key, and sends it lists of numbers; Python answers with their statistics. Python needs only its standard library.
    The key is passed in the child's environment, which other users cannot read.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$python = Get-Command python3, python -CommandType Application -ErrorAction Ignore | Select-Object -First 1
if (-not $python) { 'python3 is not on this machine: nothing to show'; return }

$worker = @'
import os, statistics
from multiprocessing.connection import Client
with Client(os.environ['ADDRESS'], authkey=os.environ['KEY'].encode()) as connection:
    while True:
        try: numbers = connection.recv()          # a list of floats
        except EOFError: break                     # the script has closed its end
        connection.send({'mean': statistics.fmean(numbers), 'median': statistics.median(numbers), 'deviation': statistics.stdev(numbers)})
'@

$key = [Convert]::ToHexString([Security.Cryptography.RandomNumberGenerator]::GetBytes(16))
$listener = New-IpcListener -AuthKey $key
$script = New-TemporaryFile
Set-Content $script $worker
$process = Start-Process $python.Source $script -Environment @{ ADDRESS = $listener.Address; KEY = $key } -PassThru

$connection = Receive-IpcConnection $listener -Timeout 30
foreach ($set in @(1, 2, 3, 4, 100), @(2.5, 2.5, 2.5, 3), (1..1000)) {
    Send-IpcMessage $connection ([double[]]$set)
    $result = Receive-IpcMessage $connection -Timeout 30
    '{0,4} numbers: mean {1:0.0}, median {2:0.0}, deviation {3:0.0}' -f $set.Count, $result.mean, $result.median, $result.deviation
    if ([Math]::Abs($result.mean - ($set | Measure-Object -Average).Average) -gt 1e-9) { throw "The mean of $($set.Count) numbers is wrong." }
}
Close-IpcPipe $connection                          # Python's recv ends with EOFError
if (-not $process.WaitForExit(30000) -or $process.ExitCode -ne 0) { throw 'Python failed.' }
Close-IpcListener $listener
Remove-Item $script
'Python has ended'
