BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Formatted output' {
    AfterAll { Remove-TestObject }

    BeforeAll {
        # Blocks whose text does not depend on time or process.
        $formats = @{
            table = { Get-Date 2026-01-02 | Format-Table Year, Month }
            grouped = { 1..6 | Select-Object @{ n = 'Number'; e = { $_ } }, @{ n = 'Odd'; e = { $_ % 2 } } | Sort-Object Odd | Format-Table Number -GroupBy Odd }
            sized = { Get-Date 2026-01-02 | Format-Table @{ n = 'Y'; e = { $_.Year }; width = 12; align = 'right' }, Day -AutoSize -Wrap }
            list = { Get-Date 2026-01-02 | Format-List Year, Month }
            wide = { 1..7 | ForEach-Object { [pscustomobject]@{ Name = "n$_" } } | Format-Wide Name -Column 3 }
            custom = { [pscustomobject]@{ a = 1; b = @{ c = 2, 3 } } | Format-Custom }
            mixed = { 'text'; Get-Date 2026-01-02 | Format-Table Year; 5; Get-Date 2026-01-02 | Format-List Day; 'more' }
        }
    }

    It 'of Format-<_> prints as it does in the session' -ForEach table, grouped, sized, list, wide, custom, mixed {
        $expected = & $formats[$_] | Out-String
        Invoke-ProcessPool $formats[$_] | Out-String | Should -Be $expected
        Start-ProcessPoolTask $formats[$_] | Receive-ProcessPoolTask | Out-String | Should -Be $expected
    }

    It 'comes back from a process, and from jobs' {
        $expected = & $formats.mixed | Out-String
        $p = Start-IpcProcess $formats.mixed | Wait-IpcProcess
        Receive-IpcProcess $p -Keep | Out-String | Should -Be $expected
        Receive-Job $p | Out-String | Should -Be $expected
        1 | Invoke-ProcessPool $formats.mixed -AsJob | Receive-Job -Wait | Out-String | Should -Be $expected
    }

    It 'does not end the caller''s script' {
        pwsh -NoProfile -NonInteractive -Command "Import-Module '$module'; 1 | Invoke-ProcessPool { Get-Date | Format-Table Year } -ThrottleLimit 1; 'after'" | Select-Object -Last 1 | Should -Be 'after'
    }

    It 'goes as deep as Format-Custom shows' {
        $top = $last = [pscustomobject]@{ Level = 0; Next = $null }
        foreach ($level in 1..15) { $last = $last.Next = [pscustomobject]@{ Level = $level; Next = $null } }
        Invoke-ProcessPool { $_ | Format-Custom -Depth 16 } -InputObject $top | Out-String | Should -Be ($top | Format-Custom -Depth 16 | Out-String)
    }

    It 'of each item stays whole with -Unordered' {
        $block = {
            $item = $_
            & { foreach ($row in 1..3) { [pscustomobject]@{ Item = $item; Row = $row; Text = 'x' * 200KB }; Set-IpcEvent $using:step; [Threading.Thread]::Sleep(30) } } | Format-Table Item, Row, Text
            'plain'
        }
        $step = New-IpcEvent
        $expected = @('Item Row', '---- ---') + (1..3 -replace '^', 'i ') + 'plain'
        foreach ($jobOrNot in @{}, @{ AsJob = $true }) {
            $output = 1..4 | Invoke-ProcessPool $block -Unordered -ThrottleLimit 2 -ChunkSize 1 @jobOrNot
            if ($jobOrNot.Count) { $output = $output | Receive-Job -Wait }
            $lines = @(($output | Out-String -Width 40) -split '\r?\n' | Where-Object { $_ } | ForEach-Object { $_.Substring(0, [Math]::Min(8, $_.Length)).Trim() })
            $lines.Count | Should -Be 24
            $rows = @($lines | Where-Object { $_ -match '^\d' })
            for ($i = 0; $i -lt 12; $i += 3) {
                $item = $rows[$i].Substring(0, 1)
                $rows[$i..($i + 2)] | Should -Be "$item   1", "$item   2", "$item   3"
            }
        }
    }

    It 'travels through queues' {
        foreach ($serializer in 'MessagePack', 'CliXml') {
            $queue = New-IpcQueue -Serializer $serializer
            & $formats.table | Send-IpcMessage $queue
            Receive-IpcMessage $queue -Available | Out-String | Should -Be (& $formats.table | Out-String)
        }
    }
}

Describe 'What is written to the host' {
    AfterAll { Remove-TestObject }

    It 'comes back from a pool and from a process' {
        $block = { 1 | Select-Object @{ n = 'Number'; e = { $_ } } | Out-Host; 'default' | Out-Default; $Host.UI.WriteLine('host'); Write-Host -NoNewline 'no'; Write-Host ' line' }
        foreach ($run in { Invoke-ProcessPool $block }, { Start-IpcProcess $block | Receive-IpcProcess -Wait }) {
            $shown = & $run 6>&1
            $text = ($shown | ForEach-Object { "$_" -replace '\e\[[\d;]*m' } | Where-Object { $_ }) -join '|'
            $text | Should -Match '^Number\s*\|-+\s*\|\s+1\s*\|default\|host\|no\| line$'
            $shown.Tags | Should -Contain 'PSHOST'
        }
    }

    It 'is an error where it is a question' {
        $null = Invoke-ProcessPool { Read-Host name } -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'HostFunctionNotImplemented*'
        $failed[0].Exception.Message | Should -BeLike '*no terminal*'
    }
}
