<#
.SYNOPSIS
    Parses the access logs of a web server, a file to a worker at a time, and adds the results up.
.DESCRIPTION
    The log files are written first, in the format that Apache and nginx use, into a folder that is removed at the end. A worker reads and parses a file and
    sends back one small object, so next to nothing but paths and sums goes between processes.
.PARAMETER Folder
    A folder with *.log files of one's own instead.
#>
param([string] $Folder)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$made = $null
$expected = @{ Lines = 0; Bytes = 0L; Failed = 0 }
if (-not $Folder) {
    $Folder = $made = (New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) "logs-$PID")).FullName
    $random = [Random]::new(5)
    $paths = '/', '/index.html', '/cart', '/login', '/images/logo.png', '/api/orders'
    $time = [datetime]::new(2025, 3, 1)
    foreach ($file in 1..12) {
        $lines = foreach ($i in 1..2500) {
            $time = $time.AddMilliseconds($random.Next(2000))
            $status = (200, 200, 200, 200, 304, 404, 500)[$random.Next(7)]
            $bytes = $status -eq 200 ? $random.Next(200, 50000) : 0
            $expected.Lines++
            $expected.Bytes += $bytes
            if ($status -ge 400) { $expected.Failed++ }
            '10.0.{0}.{1} - - [{2}] "GET {3} HTTP/1.1" {4} {5}' -f $random.Next(4), $random.Next(256),
                $time.ToString("dd/MMM/yyyy:HH:mm:ss '+0000'", [cultureinfo]::InvariantCulture), $paths[$random.Next($paths.Count)], $status, $bytes
        }
        $lines | Set-Content (Join-Path $Folder "access-$file.log")
    }
}

try {
    $start = Get-Date
    $reports = @((Get-ChildItem $Folder -Filter *.log).FullName | Invoke-ProcessPool -Unordered {
            $pattern = [regex]::new('^(?<client>\S+) \S+ \S+ \[[^\]]+\] "\S+ (?<path>\S+) [^"]*" (?<status>\d+) (?<bytes>\d+|-)')
            $report = [pscustomobject]@{ File = Split-Path $_ -Leaf; Lines = 0; Bytes = 0L; Failed = 0; Paths = @{}; Worker = $PID }
            foreach ($line in Get-Content $_) {
                $match = $pattern.Match($line)
                if (-not $match.Success) { continue }
                $report.Lines++
                if ($match.Groups['bytes'].Value -ne '-') { $report.Bytes += [long] $match.Groups['bytes'].Value }
                if ([int] $match.Groups['status'].Value -ge 400) { $report.Failed++ }
                $report.Paths[$match.Groups['path'].Value]++
            }
            $report
        })
    $elapsed = ((Get-Date) - $start).TotalSeconds
}
finally {
    if ($made) { Remove-Item $made -Recurse }
}

# The workers send back small reports, which this process adds up.
$total = [pscustomobject]@{ Lines = 0; Bytes = 0L; Failed = 0 }
$hits = @{}
$workers = @{}
foreach ($report in $reports) {
    $workers[$report.Worker]++
    foreach ($name in 'Lines', 'Bytes', 'Failed') { $total.$name += $report.$name }
    foreach ($path in $report.Paths.Keys) { $hits[$path] += $report.Paths[$path] }
}

'{0:N0} requests, {1:N0} bytes, {2:N0} failed, in {3} files; {4} workers took {5:N2} s, their start included' -f
    $total.Lines, $total.Bytes, $total.Failed, $reports.Count, $workers.Count, $elapsed
$hits.GetEnumerator() | Sort-Object Value -Descending | ForEach-Object { '{0,8:N0}  {1}' -f $_.Value, $_.Name }
if ($made) {
    foreach ($name in 'Lines', 'Bytes', 'Failed') {
        if ($total.$name -ne $expected.$name) { throw "$name should be $($expected.$name), and is $($total.$name)." }
    }
}
