BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Export-ProcessPoolTimeline' {
    BeforeAll {
        $pool = New-ProcessPool -WorkerCount 2
        1..20 | Invoke-ProcessPool { Start-Sleep -Milliseconds 5; if ($_ -eq 7) { throw 'seven' } } -Pool $pool -Timeline -ErrorAction SilentlyContinue
    }
    AfterAll { Remove-ProcessPool $pool -Force }

    It 'writes a trace' {
        Export-ProcessPoolTimeline -Pool $pool -Path "$TestDrive/run.json"
        $trace = Get-Content -Raw "$TestDrive/run.json" | ConvertFrom-Json
        $tasks = $trace.traceEvents | Where-Object ph -EQ 'X'
        $tasks | ForEach-Object { $_.args.item } | Sort-Object | Should -Be (1..20)
        $tasks | Where-Object cat -EQ 'Failed' | ForEach-Object name | Should -Be 'item 7'
        foreach ($property in 'ph', 'ts', 'dur', 'pid', 'tid', 'name') {
            $trace.traceEvents | Where-Object { $null -eq $_.$property } | Should -BeNullOrEmpty
        }
    }

    It 'writes a page' {
        $pool | Export-ProcessPoolTimeline "$TestDrive/run.html"
        $page = Get-Content -Raw "$TestDrive/run.html"
        $page | Should -Match '<title>Timeline of process pool'
        $page | Should -Match 'item 7'
        $page | Should -Not -Match 'https?://'
    }

    It 'shows what each object is, escaped, short and without secrets' {
        $other = New-ProcessPool -WorkerCount 1
        'server07', '<b>x</b>', 'password=Tr0ub4dor', ('y' * 200) | Invoke-ProcessPool { } -Pool $other -Timeline
        Export-ProcessPoolTimeline -Pool $other -Path "$TestDrive/text.json"
        $tasks = (Get-Content -Raw "$TestDrive/text.json" | ConvertFrom-Json).traceEvents | Where-Object ph -EQ 'X'
        $texts = $tasks | Sort-Object { $_.args.item } | ForEach-Object { $_.args.text }
        $texts[0..2] | Should -Be 'server07', '<b>x</b>', 'password=***'
        $texts[3] | Should -Match '^y{50,60}…$'
        Export-ProcessPoolTimeline -Pool $other -Path "$TestDrive/text.html"
        $page = Get-Content -Raw "$TestDrive/text.html"
        $page | Should -Match '<td>server07</td>'
        $page | Should -Match '<td>&lt;b&gt;x&lt;/b&gt;</td>'
        $page | Should -Not -Match '<b>x</b>|Tr0ub4dor'
        Remove-ProcessPool $other
    }

    It 'writes over a file unless it may not' {
        Set-Content "$TestDrive/kept.json" ('kept' + ' ' * 100KB) # longer than the trace
        Export-ProcessPoolTimeline -Pool $pool -Path "$TestDrive/kept.json" -WhatIf
        { Export-ProcessPoolTimeline -Pool $pool -Path "$TestDrive/kept.json" -NoClobber -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists*'
        Get-Content "$TestDrive/kept.json" | Should -BeLike 'kept *'
        Export-ProcessPoolTimeline -Pool $pool -Path "$TestDrive/kept.json" -Confirm:$false
        (Get-Content -Raw "$TestDrive/kept.json" | ConvertFrom-Json).displayTimeUnit | Should -Be 'ms'
        Push-Location $TestDrive
        try { Export-ProcessPoolTimeline -Pool $pool -Path here.html } finally { Pop-Location }
        Test-Path "$TestDrive/here.html" | Should -BeTrue
    }

    It 'takes a job' {
        $job = 1..3 | Invoke-ProcessPool { $_ } -Pool $pool -AsJob -Timeline
        $null = Wait-Job $job
        Export-ProcessPoolTimeline -Job $job -Path TestDrive:/job.json
        (Get-Content -Raw TestDrive:/job.json | ConvertFrom-Json).traceEvents | Where-Object ph -EQ 'X' | Should -HaveCount 3
        Remove-Job $job
    }

    It 'says what is wrong' {
        foreach ($path in "$TestDrive/run.png", 'env:x.json') {
            { Export-ProcessPoolTimeline -Pool $pool -Path $path -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument*'
        }
        { Export-ProcessPoolTimeline -Pool $pool -Path "$TestDrive/no/such/folder/run.html" -ErrorAction Stop } | Should -Throw -ErrorId 'TimelineNotWritten*'
        $thread = Start-ThreadJob { }
        { Export-ProcessPoolTimeline -Job $thread -Path "$TestDrive/none.html" -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument*'
        Remove-Job $thread -Force
        $other = New-ProcessPool -WorkerCount 1
        $job = 1 | Invoke-ProcessPool { $_ } -Pool $other -AsJob | Wait-Job
        foreach ($whose in @{ Pool = $other }, @{ Pool = $other.Name }, @{ Job = $job }) {
            { Export-ProcessPoolTimeline @whose -Path "$TestDrive/none.html" -ErrorAction Stop } | Should -Throw '*-Timeline*' -ErrorId 'IpcNotFound*'
        }
        Test-Path "$TestDrive/none.html" | Should -BeFalse
        Remove-Job $job
        Remove-ProcessPool $other
    }
}
