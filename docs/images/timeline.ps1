<#
.SYNOPSIS
    The run of the picture of a timeline page: 90 frames of different length on four workers. One frame fails, and one ends its worker, which is replaced.
#>
param([Parameter(Mandatory)] [string] $Path)

$pool = New-ProcessPool render -WorkerCount 4
1..60 | Invoke-ProcessPool { Start-Sleep -Milliseconds 50 } -Pool $pool -ChunkSize 1      # now all workers are warm
1..90 | Invoke-ProcessPool -Pool $pool -ChunkSize 1 -Timeline -ErrorAction SilentlyContinue {
    Start-Sleep -Milliseconds (40 + $_ * 7919 % 97 * 2)
    if ($_ -eq 37) { throw 'The texture brick.png is missing.' }
    if ($_ -eq 58) { exit 3 }
}
Export-ProcessPoolTimeline $Path -Pool $pool
Remove-ProcessPool $pool
