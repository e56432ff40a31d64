<#
.SYNOPSIS
    A pipeline of three processes, joined by pipes, that tells how far it is.
.DESCRIPTION
    One process reads the files below a folder, a second one hashes them, and this one collects. Each end of a pipe belongs to one process, so
    the end of a process is the end of its pipe: nobody has to say that it is done. While it waits, the script prints progress
    that comes through a topic, from both.
.PARAMETER Folder
    Where to look; the docs of this repository when none is given.
#>
param([string] $Folder = (Split-Path $PSScriptRoot))

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$files = New-IpcPipe
$hashes = New-IpcPipe
$progress = New-IpcTopic -OnOverflow DropOldest           # old progress is worth nothing: nobody waits for who reads it
$steps = New-IpcSubscription $progress

$reader = Start-IpcProcess -ArgumentList $files.Writer, $Folder -ScriptBlock {
    param($out, $folder)
    $read = 0
    Get-ChildItem $folder -Recurse -File | ForEach-Object {
        [pscustomobject]@{ Name = $_.Name; Bytes = [IO.File]::ReadAllBytes($_.FullName) } | Send-IpcMessage $out
        "read $((++$read))" | Send-IpcMessage $using:progress
    }
}
$hasher = Start-IpcProcess -ArgumentList $files.Reader, $hashes.Writer -ScriptBlock {
    param($in, $out)
    $hashed = 0
    Receive-IpcMessage $in -Wait | ForEach-Object {
        [pscustomobject]@{ Name = $_.Name; Hash = [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData([byte[]] $_.Bytes)) } | Send-IpcMessage $out
        "hashed $((++$hashed))" | Send-IpcMessage $using:progress
    }
}

# Whichever comes first: a result, or a word about how far it is.
$results = [Collections.Generic.List[object]]::new()
while (-not $hashes.IsClosed -or $hashes.Reader.Count -gt 0) {
    foreach ($ready in Wait-IpcObject $hashes.Reader, $steps) {
        if ($ready -eq $steps) { Receive-IpcMessage $steps -Available }
        else { Receive-IpcMessage $hashes.Reader -Available | ForEach-Object { $results.Add($_) } }
    }
}

$expected = @(Get-ChildItem $Folder -Recurse -File).Count
"$($results.Count) of $expected files hashed; $($steps.Lost) words of progress went unread"
if ($results.Count -ne $expected) { throw 'Some files were not hashed.' }
$reader, $hasher | Wait-IpcProcess | Remove-IpcProcess
$files, $hashes | Remove-IpcPipe
Remove-IpcTopic $progress
