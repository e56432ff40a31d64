<#
.SYNOPSIS
    Fetches the pages of a web server with more workers than there are processors, since workers that wait cost nothing.
.DESCRIPTION
    The server is a process of its own on the loopback interface, which this script starts and ends. It answers each request after 50 ms, several at
    once. One page does not exist: its error comes back with the page as its target, and nothing else is affected.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$ports = New-IpcQueue
$server = Start-IpcProcess -Name web-server -ArgumentList $ports -ScriptBlock {
    param($ports)
    $listener = $null
    while (-not $listener) {
        # A free port; another one if a different program takes it first.
        $probe = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $probe.Start()
        $port = $probe.LocalEndpoint.Port
        $probe.Stop()
        $candidate = [Net.HttpListener]::new()
        $candidate.Prefixes.Add("http://localhost:$port/")
        try { $candidate.Start(); $listener = $candidate } catch [Net.HttpListenerException] { $candidate.Close() }
    }
    Send-IpcMessage $ports $port

    $open = [Collections.Generic.Queue[object]]::new()
    $next = $listener.GetContextAsync()
    $served = 0
    for ($goOn = $true; $goOn -or $open.Count -gt 0;) {
        $wait = $open.Count -gt 0 ? [Math]::Max(0, [int] ($open.Peek().Due - [datetime]::UtcNow).TotalMilliseconds) : -1
        if ($next.Wait($wait)) {
            $open.Enqueue([pscustomobject]@{ Context = $next.Result; Due = [datetime]::UtcNow.AddMilliseconds(50) })
            $goOn = $goOn -and $next.Result.Request.Url.AbsolutePath -ne '/end'
            $next = $listener.GetContextAsync()
            continue
        }

        $context = $open.Dequeue().Context
        $path = $context.Request.Url.AbsolutePath
        $body = [Text.Encoding]::UTF8.GetBytes("<html><title>The page $path</title>$('<p>text</p>' * ($path.Length * 10))</html>")
        $context.Response.ContentType = 'text/html'
        if ($path -eq '/page/13') { $context.Response.StatusCode = 404 }
        $context.Response.OutputStream.Write($body, 0, $body.Length)
        $context.Response.Close()
        $served++
    }
    $listener.Close()
    "the server answered $served requests"
}

try {
    $port = Receive-IpcMessage $ports -Timeout 60
    $pages = foreach ($i in 1..60) { "http://localhost:$port/page/$i" }

    $pool = New-ProcessPool -WorkerCount 6
    $start = Get-Date
    $fetched = @($pages | Invoke-ProcessPool -Pool $pool -ErrorAction SilentlyContinue -ErrorVariable failed {
            $ErrorActionPreference = 'Stop'   # a page that cannot be fetched ends the item
            $text = (Invoke-WebRequest $_).Content
            [pscustomobject]@{ Url = $_; Title = [regex]::Match($text, '<title>(.*?)</title>').Groups[1].Value; Length = $text.Length; Worker = $PID }
        })
    $elapsed = ((Get-Date) - $start).TotalSeconds
    Remove-ProcessPool $pool

    $null = Invoke-WebRequest "http://localhost:$port/end"
    $server | Wait-IpcProcess -Timeout 30 | Receive-IpcProcess
}
finally {
    $server | Stop-IpcProcess -Force
    $server | Remove-IpcProcess
    Remove-IpcQueue $ports
}

$workers = @($fetched.Worker | Sort-Object -Unique)
'{0} pages by {1} workers in {2:N2} s, their start included; one after the other they take {3:N1} s at least' -f $fetched.Count, $workers.Count, $elapsed, ($pages.Count * 0.05)
foreach ($page in $fetched[0], $fetched[-1]) { '{0}: "{1}", {2} characters' -f $page.Url, $page.Title, $page.Length }
foreach ($problem in $failed) { "$($problem.TargetObject): $($problem.Exception.Message)" }
$right = @($pages | Where-Object { $_ -notlike '*/page/13' })
if ("$($fetched.Url)" -ne "$right") { throw 'The pages did not come in order, or not all.' }
if ($failed.Count -ne 1 -or $failed[0].TargetObject -ne $pages[12]) { throw 'Only page 13 is missing.' }
if (@($fetched | Where-Object { $_.Title -ne "The page $(([uri] $_.Url).AbsolutePath)" }).Count -gt 0) { throw 'A page has the title of another.' }
