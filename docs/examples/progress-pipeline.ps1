<#
.SYNOPSIS
    A pipeline of three processes, connected by pipes, that reports its progress.
.DESCRIPTION
    One process reads the files below a folder, a second one hashes them, and this one collects. Each end of a pipe belongs to one process, so
    a process that ends closes its pipe, and the next stage ends in order. Meanwhile the script prints progress messages, which both
    processes publish to a topic.
.PARAMETER Folder
    The folder; by default the docs of this repository.
#>
param([string] $Folder = (Split-Path $PSScriptRoot))

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$files = New-IpcPipe
$hashes = New-IpcPipe
$progress = New-IpcTopic -OnOverflow DropOldest           # publishers never wait; old progress is dropped
$steps = New-IpcSubscription $progress

$reader = Start-IpcProcess -ArgumentList $files.Writer, $Folder -ScriptBlock {
    param($out, $folder)
    $read = 0
    Get-ChildItem $folder -Recurse -File | ForEach-Object {
        [pscustomobject]@{ Name = $_.Name; Bytes = Get-Content $_.FullName -AsByteStream -Raw } | Send-IpcMessage $out
        "read $((++$read))" | Send-IpcMessage $using:progress
    }
}
$hasher = Start-IpcProcess -ArgumentList $files.Reader, $hashes.Writer -ScriptBlock {
    param($in, $out)
    $hashed = 0
    Receive-IpcMessage $in -Wait | ForEach-Object {
        [pscustomobject]@{ Name = $_.Name; Hash = (Get-FileHash -InputStream ([IO.MemoryStream] $_.Bytes)).Hash } | Send-IpcMessage $out
        "hashed $((++$hashed))" | Send-IpcMessage $using:progress
    }
}

# Results and progress messages, in their order of arrival.
$results = @(while (-not $hashes.IsClosed -or $hashes.Reader.Count -gt 0) {
    foreach ($ready in Wait-IpcObject $hashes.Reader, $steps) {
        if ($ready -eq $steps) { Receive-IpcMessage $steps -Available | Out-Host }
        else { Receive-IpcMessage $hashes.Reader -Available }
    }
})

$expected = @(Get-ChildItem $Folder -Recurse -File).Count
"$($results.Count) of $expected files hashed; $($steps.Lost) progress messages were dropped"
if ($results.Count -ne $expected) { throw 'Some files were not hashed.' }
$reader, $hasher | Wait-IpcProcess | Remove-IpcProcess
$files, $hashes | Remove-IpcPipe
Remove-IpcTopic $progress
