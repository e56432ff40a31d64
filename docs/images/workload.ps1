<#
.SYNOPSIS
    The workload of the picture of Show-IpcMonitor: a shop, a warehouse, accounting, a price feed, and a pool that renders frames.
.DESCRIPTION
    Sets the event 'open' when all of it runs, and ends when the event 'close-down' is set.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$open = New-IpcEvent open
$closeDown = New-IpcEvent close-down
$orders = New-IpcQueue orders -Capacity 256KB -RequireConfirmation
$invoices = New-IpcQueue invoices -Capacity 1MB
$prices = New-IpcTopic prices -Capacity 1MB -OnOverflow DropOldest
$ticker = New-IpcSubscription $prices
$ledger = New-IpcLock ledger
$licenses = New-IpcSemaphore licenses -Count 3
$settings = New-SharedDictionary settings
$settings['currency'] = 'EUR'
$settings['tax'] = 0.19
$settings['region'] = 'north'
$visitors = New-SharedValue visitors 0
$frames = New-SharedArray frames -Shape 4, 540, 960 -Type Single

$processes = @(
    Start-IpcProcess -Name shop {
        while (-not (Wait-IpcEvent $using:closeDown -Timeout 0.02 -ErrorAction Ignore)) {
            1..8 | ForEach-Object { [pscustomobject]@{ Item = 'lamp', 'chair', 'table' | Get-Random; Count = $_; Note = 'x' * 40 } } | Send-IpcMessage $using:orders
            $null = ($using:visitors).Add(8)
        }
    }
    Start-IpcProcess -Name warehouse {
        Receive-IpcMessage $using:orders -Wait | ForEach-Object {
            Start-Sleep -Milliseconds 4
            $_.Body | Send-IpcMessage $using:invoices
            Confirm-IpcMessage $_
        }
    }
    Start-IpcProcess -Name accounting {
        Receive-IpcMessage $using:invoices -Wait | ForEach-Object { Use-IpcLock $using:ledger { Start-Sleep -Milliseconds 5 } }
    }
    Start-IpcProcess -Name audit {
        while (-not (Wait-IpcEvent $using:closeDown -Timeout 0.1 -ErrorAction Ignore)) { Use-IpcLock $using:ledger { Start-Sleep -Milliseconds 900 } }
    }
    Start-IpcProcess -Name exchange {
        while (-not (Wait-IpcEvent $using:closeDown -Timeout 0.01 -ErrorAction Ignore)) {
            1..3 | ForEach-Object { @{ Share = 'ACME'; Price = Get-Random -Maximum 500 } } | Send-IpcMessage $using:prices
        }
    }
    Start-IpcProcess -Name ticker { Enter-IpcSemaphore $using:licenses; Receive-IpcMessage $using:ticker -Wait | ForEach-Object { $null = $_.Price } }
)

$pool = New-ProcessPool render -WorkerCount 4
$rendering = 1..100000 | Invoke-ProcessPool -Pool $pool -AsJob {
    Enter-IpcSemaphore $using:licenses
    Start-Sleep -Milliseconds (15 + $_ % 7 * 4)
    ($using:frames)[($_ % 4), 0, 0] = $_
    Exit-IpcSemaphore $using:licenses
}
while ($pool.Completed -lt 200 -or $invoices.Count -lt 20) { Start-Sleep -Milliseconds 200 }
Set-IpcEvent $open

Wait-IpcEvent $closeDown
$rendering | Stop-Job -PassThru | Remove-Job -Force
Remove-ProcessPool $pool -Force
$processes | Stop-IpcProcess -Force
$processes | Remove-IpcProcess -Force
