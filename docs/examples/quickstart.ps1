<#
.SYNOPSIS
    Counts the words of many files with one process and with several, then shows a queue between processes and a shared array.
.PARAMETER Folder
    Where the text files are. The default is the XML documentation of the class library, some 40 MB that every .NET SDK has below its folder packs.
.EXAMPLE
    dotnet run -c Release --project src/PSIpc.Host -- docs/examples/quickstart.ps1 ~/Documents
#>
param([string] $Folder = (Join-Path ([Runtime.InteropServices.RuntimeEnvironment]::GetRuntimeDirectory()) ../../../packs))

$ErrorActionPreference = 'Stop'
$files = Get-ChildItem $Folder -Recurse -File -Include *.xml, *.txt, *.md, *.cs, *.ps1 | Sort-Object Length -Descending
if (-not $files) { throw "There are no text files below '$Folder'." }

# Counts the words of the files that come to it.
$countWords = {
    begin { $count = @{} }
    process {
        Get-Content $_ | ForEach-Object {
            foreach ($word in $_ -split '\P{L}+') {
                if ($word.Length -gt 3) { $count[$word]++ }
            }
        }
    }
    end { $count }
}

'Counting the words of {0:N0} files, {1:N0} MB, below {2}' -f $files.Count, (($files | Measure-Object Length -Sum).Sum / 1MB), (Resolve-Path $Folder)

$oneProcess = Measure-Command { $alone = $files.FullName | & $countWords }

# The same block in worker processes, one for each processor: the files are spread over them, and each returns the count of its share.
$total = @{}
$withWorkers = Measure-Command {
    $files.FullName | Invoke-ProcessPool $countWords -ShowProgress | ForEach-Object { foreach ($word in $_.GetEnumerator()) { $total[$word.Key] += $word.Value } }
}

$total.GetEnumerator() | Sort-Object Value -Descending | Select-Object -First 10 | Format-Table @{ Name = 'Word'; Expression = 'Name' }, @{ Name = 'Count'; Expression = 'Value'; FormatString = 'N0' }
'One process     {0,6:N2} s' -f $oneProcess.TotalSeconds
'{0,-2} workers      {1,6:N2} s, their start included: {2:N1} times as fast' -f [Environment]::ProcessorCount, $withWorkers.TotalSeconds, ($oneProcess / $withWorkers)
if (($alone.GetEnumerator() | Measure-Object Value -Sum).Sum -ne ($total.GetEnumerator() | Measure-Object Value -Sum).Sum) { throw 'The counts differ.' }

''
'A queue between processes'
$jobs = New-IpcQueue
$process = Start-IpcProcess { Receive-IpcMessage $using:jobs -Wait | ForEach-Object { "process $PID received $($_.Name), due $($_.Due.DayOfWeek)" } }
'backup', 'report' | ForEach-Object { [pscustomobject]@{ Name = $_; Due = Get-Date } } | Send-IpcMessage $jobs
Close-IpcQueue $jobs
$process | Receive-IpcProcess -Wait

''
'An array in shared memory'
$array = New-SharedArray 8 -Type Int64
0..7 | Invoke-ProcessPool { ($using:array)[$_] = $_ * $_ }
"written by the workers: $array; the sum: $($array.Sum())"
Remove-SharedArray $array
