<#
.SYNOPSIS
    One publisher, three subscribers in processes of their own: each gets every message.
.DESCRIPTION
    The subscriptions are made here, before anything is published, and passed on to the processes, so none misses a message however late it
    starts. Each process keeps what concerns it. A fourth subscription, made late, begins with the oldest message that is still there.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$prices = New-IpcTopic
$watchers = 'ACME', 'Globex', 'Initech' | ForEach-Object {
    $mine = New-IpcSubscription $prices
    Start-IpcProcess -Name "watch-$_" -ArgumentList $mine, $_ -ScriptBlock {
        param($subscription, $share)
        $highest = 0
        Receive-IpcMessage $subscription -Wait | Where-Object Share -EQ $share | ForEach-Object { $highest = [Math]::Max($highest, $_.Price) }
        [pscustomobject]@{ Share = $share; Highest = $highest }
    }
}

$random = [Random]::new(7)
$published = @(foreach ($i in 1..300) {
        [pscustomobject]@{ Share = ('ACME', 'Globex', 'Initech')[$random.Next(3)]; Price = $random.Next(1, 1000) }
    })
$published | Send-IpcMessage $prices
Close-IpcTopic $prices                                    # subscribers receive what is there, then they end

$highest = $watchers | Receive-IpcProcess -Wait
$highest
foreach ($found in $highest) {
    $price = 0
    $published | Where-Object Share -EQ $found.Share | ForEach-Object { $price = [Math]::Max($price, $_.Price) }
    if ($price -ne $found.Highest) { throw "$($found.Share) was $price at most, not $($found.Highest)." }
}
'every watcher saw every price'
$watchers | Wait-IpcProcess | Remove-IpcProcess
Remove-IpcTopic $prices
