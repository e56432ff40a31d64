<#
.SYNOPSIS
    Counts the words of all text files below a folder, with as many processes as there are processors.
.DESCRIPTION
    File paths go out through one queue, and each process takes the next one when it is done with the last, so a large file keeps
    nobody else waiting. Their tables of counts come back through another queue. Then the same is counted once more in this
    process alone.
.PARAMETER Folder
    Where to look; the folder of this repository when none is given.
.EXAMPLE
    dotnet run -c Release --project src/PSIpc.Host -- docs/examples/quickstart.ps1 /usr/share/doc
#>
param([string] $Folder = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..', '..')))

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Adds the words of a file to a table. The processes and the check use this function alike; -Function takes it over.
function Add-Word {
    param([string] $Path, $Table)
    foreach ($match in [regex]::Matches([IO.File]::ReadAllText($Path), '\p{L}+')) {
        $word = $match.Value.ToLowerInvariant()
        $Table[$word] = 1 + ($Table.ContainsKey($word) ? $Table[$word] : 0)
    }
}

if (-not [IO.Directory]::Exists($Folder)) { throw "There is no folder '$Folder'." }
$textFiles = '\.(cs|csproj|md|ps1|psd1|ps1xml|txt|xml|json|props|yml|py|c|h|html|css|js)$'
$skipped = '[\\/](bin|obj|out|\.git|TestResults)[\\/]'
[string[]] $files = [IO.Directory]::EnumerateFiles($Folder, '*', [IO.SearchOption]::AllDirectories) |
    Where-Object { $_ -match $textFiles -and $_ -notmatch $skipped }
$processCount = [Environment]::ProcessorCount

# With several processes
$clock = [Diagnostics.Stopwatch]::StartNew()
$paths = New-IpcQueue
$results = New-IpcQueue
$processes = 1..$processCount | ForEach-Object {
    Start-IpcProcess -Function Add-Word -ScriptBlock {
        $table = [Collections.Generic.Dictionary[string, int]]::new()
        $done = 0
        Receive-IpcMessage $using:paths -Wait | ForEach-Object {
            Add-Word $_ $table
            $done++
        }
        Send-IpcMessage $using:results $table
        "process $PID counted $done files"
    }
}
$files | Send-IpcMessage $paths
Close-IpcQueue $paths

$total = [Collections.Generic.Dictionary[string, int]]::new()
Receive-IpcMessage $results -Count $processCount -Timeout 600 | ForEach-Object {
    foreach ($entry in $_.GetEnumerator()) {
        $total[$entry.Key] = $entry.Value + ($total.ContainsKey($entry.Key) ? $total[$entry.Key] : 0)
    }
}
$reports = $processes | Wait-IpcProcess | Receive-IpcProcess
$elapsed = $clock.Elapsed
$processes | Remove-IpcProcess
Remove-IpcQueue $paths, $results

# Once more, in this process
$clock.Restart()
$check = [Collections.Generic.Dictionary[string, int]]::new()
foreach ($file in $files) { Add-Word $file $check }
$alone = $clock.Elapsed

$agree = $check.Count -eq $total.Count -and -not ($check.Keys | Where-Object { -not $total.ContainsKey($_) -or $check[$_] -ne $total[$_] })
$ranked = [string[]] $total.Keys
[Array]::Sort($ranked, [Comparison[string]] {
        param($a, $b)
        $order = $total[$b].CompareTo($total[$a])
        $order -ne 0 ? $order : [string]::CompareOrdinal($a, $b)
    })

'Most frequent words'
foreach ($word in $ranked[0..([Math]::Min(10, $ranked.Count) - 1)]) { '{0,10:N0}  {1}' -f $total[$word], $word }
''
'{0:N0} words, {1:N0} different, in {2:N0} files of {3}' -f [Linq.Enumerable]::Sum([int[]] $total.Values), $total.Count, $files.Count, $Folder
$reports
'{0} processes: {1:N2} s, their start included; one process: {2:N2} s' -f $processCount, $elapsed.TotalSeconds, $alone.TotalSeconds
if (-not $agree) { throw 'The counts differ.' }
'Both counts agree.'
