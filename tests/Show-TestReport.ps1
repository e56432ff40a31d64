<#
.SYNOPSIS
    Sums up the results of a test run: the slowest tests, why tests were skipped, and the command that installs the missing peers.
.PARAMETER Results
    The folder of the result files (*.trx).
#>
param([Parameter(Mandatory)] [string] $Results)

$tests = Get-ChildItem $Results -Filter *.trx | ForEach-Object { ([xml](Get-Content $_ -Raw)).TestRun.Results.UnitTestResult } | Where-Object { $_ }

''
'The slowest tests:'
$tests | Where-Object duration | ForEach-Object {
    # A Pester test says itself how long it took: its row waits for the whole file.
    $seconds = $_.Output.StdOut -match 'Pester took ([\d.]+) s' ? [double] $Matches[1] : [timespan]::Parse($_.duration).TotalSeconds
    [pscustomobject]@{ Seconds = $seconds; Name = $_.testName }
} |
    Sort-Object Seconds -Descending | Select-Object -First 10 | ForEach-Object { '  {0,6:N1} s  {1}' -f $_.Seconds, $_.Name }

$skipped = @($tests | Where-Object outcome -EQ 'NotExecuted')
''
foreach ($group in $skipped | Group-Object { $_.Output.ErrorInfo.Message ?? $_.Output.StdOut ?? 'without a reason' } | Sort-Object Count -Descending) {
    '{0,4} skipped: {1}' -f $group.Count, $group.Name
}
if ($IsLinux) {
    $missing = foreach ($line in Get-Content $PSScriptRoot/peers.txt) {
        $package, $file = -split $line
        if ($package -ne '#' -and -not (Test-Path $file)) { $package }
    }
    if ($missing) { "Programs that tests need are missing. Install them: apt-get install --no-install-recommends $missing" }
}
'{0} passed, {1} failed, {2} skipped' -f @($tests | Where-Object outcome -EQ 'Passed').Count, @($tests | Where-Object outcome -EQ 'Failed').Count, $skipped.Count
