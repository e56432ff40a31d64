<#
.SYNOPSIS
    One publisher and three subscribers in processes of their own: each subscriber gets every message.
.DESCRIPTION
    The subscriptions are made here before anything is published, and passed to the processes. So a process that starts late misses no
    message. Each process keeps the messages about its share.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$prices = New-IpcTopic
$watchers = 'ACME', 'Globex', 'Initech' | ForEach-Object {
    $mine = New-IpcSubscription $prices
    Start-IpcProcess -Name "watch-$_" -ArgumentList $mine, $_ -ScriptBlock {
        param($subscription, $share)
        $prices = Receive-IpcMessage $subscription -Wait | Where-Object Share -EQ $share | Measure-Object Price -Maximum
        [pscustomobject]@{ Share = $share; Highest = $prices.Maximum }
    }
}

$published = 1..300 | ForEach-Object {
    [pscustomobject]@{ Share = Get-Random 'ACME', 'Globex', 'Initech'; Price = Get-Random -Minimum 1 -Maximum 1000 }
}
$published | Send-IpcMessage $prices
Close-IpcTopic $prices                                    # subscribers receive the remaining messages, then they end

$highest = $watchers | Receive-IpcProcess -Wait
$highest
foreach ($found in $highest) {
    $price = ($published | Where-Object Share -EQ $found.Share | Measure-Object Price -Maximum).Maximum
    if ($price -ne $found.Highest) { throw "$($found.Share) was $price at most, not $($found.Highest)." }
}
'every watcher saw every price'
$watchers | Wait-IpcProcess | Remove-IpcProcess
Remove-IpcTopic $prices
