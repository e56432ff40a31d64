# Monte Carlo estimate of pi: the share of random points in a square that lie in its circle. Workers write their counts into a shared array, each at its own
# index; nothing comes back through the pipeline.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$batches = 40
$points = 10000
$hits = New-SharedArray -Length $batches -Type Int32
$start = Get-Date

# $using: passes the shared array, once per worker and call.
0..($batches - 1) | Invoke-ProcessPool {
    $random = [Random]::new($_)
    $inside = 0
    for ($i = 0; $i -lt $using:points; $i++) {
        $x = $random.NextDouble()
        $y = $random.NextDouble()
        if ($x * $x + $y * $y -lt 1) { $inside++ }
    }
    $hits = $using:hits
    $hits[$_] = $inside
}
$all = $batches * $points
$estimate = 4 * $hits.Sum() / $all
$deviation = 4 * [Math]::Sqrt([Math]::PI / 4 * (1 - [Math]::PI / 4) / $all)
'{0:N0} points in {1:N2} s: pi is about {2:N4}; {3:N1} standard deviations off' -f $all, ((Get-Date) - $start).TotalSeconds, $estimate, ([Math]::Abs($estimate - [Math]::PI) / $deviation)
if ($hits.Min() -le 0) { throw 'A batch did not write its count.' }
if ([Math]::Abs($estimate - [Math]::PI) -gt 5 * $deviation) { throw 'That is not pi.' }
Remove-SharedArray $hits
