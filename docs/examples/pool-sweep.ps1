<#
.SYNOPSIS
    A parameter sweep with a progress bar: the launch angle at which a ball flies farthest, for several drags.
.DESCRIPTION
    Each combination of the parameters is an item. -ShowProgress shows the completed items, their rate, the remaining time and the busy workers;
    -Unordered writes results in order of completion.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$speed = 30.0
$combinations = foreach ($drag in 0.0, 0.002, 0.005, 0.01, 0.02) {
    for ($angle = 25.0; $angle -le 50.0; $angle += 1.0) { [pscustomobject]@{ Drag = $drag; Angle = $angle } }
}

$results = @($combinations | Invoke-ProcessPool -Unordered -ShowProgress {
        $step = 0.002
        $vx = $using:speed * [Math]::Cos($_.Angle * [Math]::PI / 180)
        $vy = $using:speed * [Math]::Sin($_.Angle * [Math]::PI / 180)
        $x = 0.0
        $y = 0.0
        while ($y -ge 0) {
            $brake = $_.Drag * [Math]::Sqrt($vx * $vx + $vy * $vy)
            $vx -= $brake * $vx * $step
            $vy -= (9.81 + $brake * $vy) * $step
            $x += $vx * $step
            $y += $vy * $step
        }
        [pscustomobject]@{ Drag = $_.Drag; Angle = $_.Angle; Distance = $x }
    })

"$($results.Count) of $($combinations.Count) combinations"
$best = @{}
foreach ($result in $results) {
    if (-not $best.ContainsKey($result.Drag) -or $result.Distance -gt $best[$result.Drag].Distance) { $best[$result.Drag] = $result }
}
$last = 90
foreach ($drag in 0.0, 0.002, 0.005, 0.01, 0.02) {
    'drag {0:N3}: {1:N1} m at {2} degrees' -f $drag, $best[$drag].Distance, $best[$drag].Angle
    if ($best[$drag].Angle -gt $last) { throw 'The best angle should not rise with the drag.' }
    $last = $best[$drag].Angle
}
if ($results.Count -ne $combinations.Count) { throw 'Results are missing.' }
if ($best[0.0].Angle -ne 45 -or [Math]::Abs($best[0.0].Distance - $speed * $speed / 9.81) -gt 0.5) { throw 'Without drag the best angle should be 45 degrees, and the distance v*v/g.' }
