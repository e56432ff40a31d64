BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'What workers find of the session' {
    BeforeAll {
        $pool = New-ProcessPool -WorkerCount 1
        $pool.Invoke({ 1 }) | Should -Be 1

        # In the session's own pool, in another one, and in a process of its own.
        function Invoke-Everywhere([scriptblock] $ScriptBlock) {
            Invoke-InPools $ScriptBlock
            Start-IpcProcess $ScriptBlock | Wait-IpcProcess | Receive-IpcProcess
        }

        function Invoke-InPools([scriptblock] $ScriptBlock) {
            1 | Invoke-ProcessPool $ScriptBlock -ThrottleLimit 1
            1 | Invoke-ProcessPool $ScriptBlock -Pool $pool
            Start-ProcessPoolTask $ScriptBlock -Pool $pool | Receive-ProcessPoolTask
            $pool.Invoke($ScriptBlock)
        }
    }

    AfterAll { Remove-TestObject }

    Context 'Environment variables' {
        AfterEach { $env:PESTER_STAGE = $env:PESTER_OTHER = $null }

        It 'has what is set, changed and removed, in warm workers' {
            $read = { "<$env:PESTER_STAGE>" }
            Invoke-InPools $read | Should -Be (, '<>' * 4)
            $env:PESTER_STAGE = 'test'
            Invoke-InPools $read | Should -Be (, '<test>' * 4)
            $env:PESTER_STAGE = 'production, with "quotes" and ü'
            Invoke-Everywhere $read | Should -Be (, '<production, with "quotes" and ü>' * 5)
            $env:PESTER_STAGE = $null
            Invoke-Everywhere { Test-Path env:PESTER_STAGE } | Should -Be (, $false * 5)
        }

        It 'has nothing that was set for the runtime of the worker' {
            $names = { [Environment]::GetEnvironmentVariables().Keys -like 'DOTNET_*' | Sort-Object }
            Invoke-ProcessPool $names | Should -Be (& $names)
            Start-IpcProcess $names | Receive-IpcProcess -Wait | Should -Be (& $names)
        }

        It 'finds programs by a changed PATH' {
            $path = $env:PATH
            try {
                $folder = (New-Item "$TestDrive/programs" -ItemType Directory).FullName
                $name = $IsWindows ? 'pester-tool.cmd' : 'pester-tool'
                Set-Content "$folder/$name" ($IsWindows ? '@echo found' : "#!/bin/sh`necho found")
                if (-not $IsWindows) { chmod +x "$folder/$name" }
                $env:PATH = $folder + [IO.Path]::PathSeparator + $path
                Invoke-Everywhere { pester-tool } | Should -Be (, 'found' * 5)
            }
            finally { $env:PATH = $path }
            1 | Invoke-ProcessPool { Get-Command pester-tool -ErrorAction Ignore } -Pool $pool | Should -BeNullOrEmpty
        }

        It 'gives each call its own, and takes back what no caller set' {
            $env:PESTER_STAGE = 'a'
            $first = 1 | Invoke-ProcessPool { "$env:PESTER_STAGE $env:PESTER_OTHER" } -Pool $pool -AsJob
            $first | Receive-Job -Wait -AutoRemoveJob | Should -Be 'a '
            $env:PESTER_STAGE = 'b'
            $env:PESTER_OTHER = 'c'
            1 | Invoke-ProcessPool { "$env:PESTER_STAGE $env:PESTER_OTHER" } -Pool $pool | Should -Be 'b c'
            $env:PESTER_STAGE = $env:PESTER_OTHER = $null
            1 | Invoke-ProcessPool { "<$env:PESTER_STAGE$env:PESTER_OTHER>" } -Pool $pool | Should -Be '<>'
        }

        It 'keeps apart two calls that run at once' {
            $go = New-IpcEvent
            $block = { $null = Wait-IpcEvent $using:go -Timeout 60; $env:PESTER_STAGE }
            $null = Start-Other { } | Receive-ProcessPoolTask
            $tasks = foreach ($value in 'a', 'b', 'c') {
                $env:PESTER_STAGE = $value
                Start-Other $block
            }
            Set-IpcEvent $go
            $tasks | ForEach-Object { Receive-ProcessPoolTask $_ } | Should -Be 'a', 'b', 'c'
        }

        It 'lets what an item sets stay in its worker, but for what the session changed' {
            1 | Invoke-ProcessPool { $env:PESTER_OTHER = 'mine' } -Pool $pool
            1 | Invoke-ProcessPool { $env:PESTER_OTHER } -Pool $pool | Should -Be 'mine'
            $env:PESTER_OTHER = 'session'
            1 | Invoke-ProcessPool { $env:PESTER_OTHER } -Pool $pool | Should -Be 'session'
            1 | Invoke-ProcessPool { $env:PESTER_OTHER = $null } -Pool $pool
            1 | Invoke-ProcessPool { $env:PESTER_OTHER } -Pool $pool | Should -Be 'session'
        }

        It 'reaches workers that start later, and pools in workers, and takes away what a worker began with' {
            $env:PESTER_STAGE = 'first'
            $own = New-ProcessPool -WorkerCount 1
            1 | Invoke-ProcessPool { $env:PESTER_STAGE } -Pool $own | Should -Be 'first'
            $env:PESTER_STAGE = $null
            1 | Invoke-ProcessPool { Test-Path env:PESTER_STAGE } -Pool $own | Should -Be $false
            $env:PESTER_STAGE = 'first'
            1 | Invoke-ProcessPool { $env:PESTER_STAGE } -Pool $own | Should -Be 'first'
            $env:PESTER_STAGE = 'second'
            1 | Invoke-ProcessPool { exit 1 } -Pool $own -ErrorAction Ignore
            1 | Invoke-ProcessPool { $env:PESTER_STAGE } -Pool $own | Should -Be 'second'
            1 | Invoke-ProcessPool { 1 | Invoke-ProcessPool { $env:PESTER_STAGE } } -Pool $own | Should -Be 'second'
            $env:PESTER_STAGE = 'third'
            1 | Invoke-ProcessPool { 1 | Invoke-ProcessPool { $env:PESTER_STAGE } } -Pool $own | Should -Be 'third'
        }

        It 'yields to -Environment of Start-IpcProcess' {
            $env:PESTER_STAGE = 'session'
            Start-IpcProcess { $env:PESTER_STAGE } -Environment @{ PESTER_STAGE = 'own' } | Wait-IpcProcess | Receive-IpcProcess | Should -Be 'own'
        }
    }

    Context 'Cultures' {
        BeforeEach { $culture, $uiCulture = [cultureinfo]::CurrentCulture, [cultureinfo]::CurrentUICulture }
        AfterEach { [cultureinfo]::CurrentCulture, [cultureinfo]::CurrentUICulture = $culture, $uiCulture }

        It 'writes numbers and dates as the session does' -Skip:([cultureinfo]::GetCultureInfo('de-DE').NumberFormat.NumberDecimalSeparator -ne ',') {
            $write = { (1.5).ToString() + ' ' + [datetime]::new(2024, 3, 1).ToString('MMMM') }
            [cultureinfo]::CurrentCulture = 'de-DE'
            Invoke-Everywhere $write | Should -Be (, '1,5 März' * 5)
            [cultureinfo]::CurrentCulture = 'en-US'
            Invoke-InPools $write | Should -Be (, '1.5 March' * 4)
        }

        It 'has the culture of texts, and a fresh one for each item' {
            [cultureinfo]::CurrentCulture = 'en-US'
            [cultureinfo]::CurrentUICulture = 'fr-FR'
            1, 2 | Invoke-ProcessPool { "$PSCulture $PSUICulture"; [cultureinfo]::CurrentCulture = [cultureinfo]::CurrentUICulture = 'sv-SE' } -Pool $pool |
                Should -Be 'en-US fr-FR', 'en-US fr-FR'
        }
    }

    Context 'Drives' {
        BeforeAll {
            $null = New-Item "$TestDrive/one/sub", "$TestDrive/two/sub" -ItemType Directory
            Set-Content "$TestDrive/one/sub/name" one
            Set-Content "$TestDrive/two/sub/name" two
        }

        BeforeEach { Push-Location }

        AfterEach {
            Pop-Location
            Remove-PSDrive PesterWork -ErrorAction Ignore
        }

        It 'has those that the session made, and none that it removed' {
            $null = New-PSDrive PesterWork -PSProvider FileSystem -Root "$TestDrive/one"
            $read = { Get-Content PesterWork:/sub/name }
            1 | Invoke-ProcessPool $read -ThrottleLimit 1 | Should -Be 'one'
            1 | Invoke-ProcessPool $read -Pool $pool | Should -Be 'one'
            Start-ProcessPoolTask $read -Pool $pool | Receive-ProcessPoolTask | Should -Be 'one'
            Start-IpcProcess $read | Wait-IpcProcess | Receive-IpcProcess | Should -Be 'one'
            Remove-PSDrive PesterWork
            1 | Invoke-ProcessPool { Test-Path PesterWork: } -Pool $pool | Should -Be $false
            $null = New-PSDrive PesterWork -PSProvider FileSystem -Root "$TestDrive/two"
            1 | Invoke-ProcessPool $read -Pool $pool | Should -Be 'two'
        }

        It 'begins in a folder of such a drive' {
            $read = { "$PWD $(Get-Content name)" }
            $null = New-PSDrive PesterWork -PSProvider FileSystem -Root "$TestDrive/one"
            Set-Location PesterWork:/sub
            $expected = "$PWD one"
            1, 2 | Invoke-ProcessPool $read -Pool $pool | Should -Be $expected, $expected
            1 | Invoke-ProcessPool $read -ThrottleLimit 1 | Should -Be $expected
            Start-IpcProcess $read | Wait-IpcProcess | Receive-IpcProcess | Should -Be $expected
            Set-Location $TestDrive
            Remove-PSDrive PesterWork
            $null = New-PSDrive PesterWork -PSProvider FileSystem -Root "$TestDrive/two"
            Set-Location PesterWork:/sub
            1 | Invoke-ProcessPool $read -Pool $pool | Should -Be "$PWD two"
            Set-Location $TestDrive/one/sub
            1 | Invoke-ProcessPool { Get-Content name } -Pool $pool | Should -Be 'one'
        }

        It 'has TestDrive: of Pester' {
            $read = { Get-Content TestDrive:/one/sub/name }
            1 | Invoke-ProcessPool $read -Pool $pool | Should -Be 'one'
            1 | Invoke-ProcessPool { Set-Content TestDrive:/written 'by a worker' } -Pool $pool
            Get-Content TestDrive:/written | Should -Be 'by a worker'
        }
    }
}
