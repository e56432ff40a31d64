# A semaphore limits concurrency to two processes. Permits of a killed process return.
$limit = New-IpcSemaphore -Count 2
$inside = New-SharedValue -Value 0
$most = New-SharedValue -Value 0

$work = {
    foreach ($i in 1..5) {
        Enter-IpcSemaphore $using:limit
        $now = ($using:inside).Add(1)
        Update-SharedValue $using:most { [Math]::Max($_, $now) }
        Start-Sleep -Milliseconds 5
        $null = ($using:inside).Add(-1)
        Exit-IpcSemaphore $using:limit
    }
}
$workers = foreach ($i in 1..4) { Start-IpcProcess $work }
$workers | Wait-IpcProcess | Receive-IpcProcess
$workers | Remove-IpcProcess
"4 processes, 20 visits, at most $($most.Value) at a time; $($limit.Count) permits are free"
