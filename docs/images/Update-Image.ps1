<#
.SYNOPSIS
    Makes the pictures of the README: monitor.png, a terminal with Show-IpcMonitor, and timeline.png, a page of Export-ProcessPoolTimeline in a browser.
.DESCRIPTION
    Needs Linux with chromium and python3 with pyte and Pillow: apt-get install chromium python3-pyte python3-pil fonts-dejavu-core. Build the module first.
.EXAMPLE
    out/pwsh/pwsh docs/images/Update-Image.ps1
#>
param([string] $Module = "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1")

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
$folder = New-Item -ItemType Directory "/dev/shm/shop-$PID"
$env:PSIPC_DIRECTORY = $folder.FullName      # only the objects of the workload
$module = (Resolve-Path $Module).Path
$workload = $null
try {
    $pwsh = (Get-Process -Id $PID).Path
    $workload = Start-Process $pwsh '-NoProfile', '-Command', "Import-Module '$module'; & '$PSScriptRoot/workload.ps1'" -PassThru
    & $pwsh -NoProfile -Command "Import-Module '$module'; Wait-IpcEvent (Get-IpcEvent open -Timeout 300) -Timeout 300"
    & /usr/bin/python3 "$PSScriptRoot/terminal.py" 12 "$PSScriptRoot/monitor.png" $pwsh -NoLogo -NoProfile -Command "Import-Module '$module'; Show-IpcMonitor -Sort Kind -Kind Pool, Queue, Topic, Lock, Semaphore, Event, Array, Value, Dictionary, Process"
    & $pwsh -NoProfile -Command "Import-Module '$module'; Set-IpcEvent close-down"
    $workload | Wait-Process

    & $pwsh -NoProfile -Command "Import-Module '$module'; & '$PSScriptRoot/timeline.ps1' '$folder/timeline.html'"
    & chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=2 --window-size=920,388 --virtual-time-budget=3000 `
        "--screenshot=$PSScriptRoot/timeline.png" "file://$folder/timeline.html" 2> $null
}
finally {
    if ($workload -and -not $workload.HasExited) { $workload | Stop-Process -Force }
    Remove-Item $folder -Recurse -Force
}
