<#
.SYNOPSIS
    Runs Pester files, one after the other, that no other process has claimed, and writes the results of each as a JSON file.
.PARAMETER List
    A text file with the full path of each Pester file on a line of its own.
.PARAMETER Folder
    The folder of the claims (NAME.claim) and the results (NAME.json).
#>
param([string] $List, [string] $Folder)

Import-Module Pester -MinimumVersion 5.0
foreach ($file in Get-Content $List) {
    $name = Join-Path $Folder (Split-Path $file -Leaf)
    # CreateNew succeeds in one process only.
    try { $claim = [IO.File]::Open("$name.claim", 'CreateNew') } catch [IO.IOException] { continue }
    $claim.Write([Text.Encoding]::ASCII.GetBytes("$PID"))
    $claim.Dispose()

    $configuration = New-PesterConfiguration
    $configuration.Run.Path = $file
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = 'None'
    $result = Invoke-Pester -Configuration $configuration
    $summary = @{
        # What failed outside of any It: the file itself, or a BeforeAll or AfterAll.
        Errors = @($result.Containers.ErrorRecord + $result.FailedBlocks.ErrorRecord | Where-Object { $_ } | ForEach-Object { "$_" })
        Tests  = @(foreach ($test in $result.Tests) {
                @{
                    Line     = $test.StartLine
                    Name     = $test.ExpandedPath
                    Result   = "$($test.Result)"
                    Message  = ($test.ErrorRecord | ForEach-Object { "$_`n$($_.ScriptStackTrace)" }) -join "`n"
                    Duration = $test.Duration.TotalSeconds
                }
            })
    }
    # Renamed when it is complete: a reader never sees half of it.
    ConvertTo-Json $summary -Depth 4 | Set-Content "$name.tmp"
    Move-Item "$name.tmp" "$name.json"
}
