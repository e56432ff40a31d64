<#
.SYNOPSIS
    Counts primes with a pool of processes and in one process.
.DESCRIPTION
    Invoke-ProcessPool is ForEach-Object with processes: each object of the pipeline is $_ in a worker, and results come back in order. Short ranges
    keep all workers busy to the end. -Function defines a function of this session in the workers.
.PARAMETER Limit
    Primes below this number are counted.
#>
param([int] $Limit = 500000)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# The primes from one number to another, by trial division.
function Get-PrimeCount {
    param([int] $From, [int] $To)
    $count = 0
    for ($n = [Math]::Max(2, $From); $n -le $To; $n++) {
        $isPrime = $n -eq 2 -or $n % 2 -ne 0
        for ($d = 3; $isPrime -and $d * $d -le $n; $d += 2) { $isPrime = $n % $d -ne 0 }
        if ($isPrime) { $count++ }
    }
    $count
}

$step = 2000
$ranges = for ($from = 0; $from -lt $Limit; $from += $step) { , ($from, ([Math]::Min($from + $step, $Limit) - 1)) }

$pool = New-ProcessPool -Function Get-PrimeCount
$coldTime = (Measure-Command { $cold = @($ranges | Invoke-ProcessPool { Get-PrimeCount $_[0] $_[1] } -Pool $pool) }).TotalSeconds
$warmTime = (Measure-Command { $warm = @($ranges | Invoke-ProcessPool { Get-PrimeCount $_[0] $_[1] } -Pool $pool) }).TotalSeconds
$workers = $pool.WorkerCount
Remove-ProcessPool $pool

$aloneTime = (Measure-Command { $alone = @($ranges | ForEach-Object { Get-PrimeCount $_[0] $_[1] }) }).TotalSeconds

$primes = ($alone | Measure-Object -Sum).Sum
'{0:N0} primes below {1:N0}' -f $primes, $Limit
'one process: {0:N2} s' -f $aloneTime
'{0} workers: {1:N2} s with their start, {2:N2} s warm: {3:N2} times as fast as one process' -f $workers, $coldTime, $warmTime, ($aloneTime / $warmTime)
if ("$alone" -ne "$cold" -or "$alone" -ne "$warm") { throw 'The counts differ.' }
if ($Limit -eq 500000 -and $primes -ne 41538) { throw 'There are 41,538 primes below 500,000.' }
