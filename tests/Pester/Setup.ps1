# What each test file begins with: BeforeAll { . $PSScriptRoot/Setup.ps1 }

# Once for all files, so that warm workers stay from one to the next.
$module = [IO.Path]::GetFullPath($env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1")
if ((Get-Module PSIpc).ModuleBase -ne (Split-Path $module)) { Import-Module $module -Force }

$python = @('python3', 'python' | Where-Object { Get-Command $_ -CommandType Application -ErrorAction Ignore })[0]

# Runs a script block in another process, a warm one: a task, whose Worker is the process.
function Start-Other([scriptblock] $ScriptBlock) {
    $pool = Get-ProcessPool "pester-others-$PID" -ErrorAction Ignore
    if (-not $pool) { $pool = New-ProcessPool "pester-others-$PID" -WorkerCount 3 }
    Start-ProcessPoolTask -Pool $pool $ScriptBlock
}

# Kills, without a chance to do anything, the process in which a task runs.
function Stop-Other($Task) {
    Wait-Until { $Task.State -eq 'Running' }
    Stop-Process -Id $Task.Worker -Force
    $null = Wait-ProcessPoolTask $Task -Timeout 60
}

function Wait-Until([scriptblock] $PesterCondition) { # a name that no test has for what it looks at
    $end = [datetime]::UtcNow.AddSeconds(60)
    while (-not (& $PesterCondition)) {
        if ([datetime]::UtcNow -gt $end) { throw "This did not come true: $PesterCondition" }
        Start-Sleep -Milliseconds 2
    }
}

# Starts Python with a script and its argument.
function Start-Python([string] $Script, [string] $Argument) {
    $start = [Diagnostics.ProcessStartInfo]::new($python)
    '-c', $Script, $Argument | ForEach-Object { $start.ArgumentList.Add($_) }
    $start.RedirectStandardOutput = $true
    [Diagnostics.Process]::Start($start)
}

# Removes what a test has made: processes, pools and shared objects. The workers that others use stay.
function Remove-TestObject {
    Get-IpcProcess | Remove-IpcProcess -Force
    Get-ProcessPool | Where-Object { -not $_.IsDefault -and $_.Name -ne "pester-others-$PID" } | Remove-ProcessPool -Force
    Get-IpcObject | Where-Object { $_.CreatorProcessId -eq $PID -and $_.Kind -notin 'Pool', 'Worker', 'Process' } | Remove-IpcObject -ErrorAction Ignore
}
