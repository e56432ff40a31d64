# The package, installed from a repository as users do, in sessions that know nothing of the build.

BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'The installed module' -Skip:$IsWindows {
    BeforeAll {
        $repository = New-Item "$TestDrive/repository" -ItemType Directory
        $package = & $PSScriptRoot/../../tools/New-ModulePackage.ps1 -Destination $repository

        # A user of their own: modules are installed below the home folder.
        $inherited = @{}
        foreach ($name in 'HOME', 'PSModulePath', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME') { $inherited[$name] = [Environment]::GetEnvironmentVariable($name) }
        $env:HOME = (New-Item "$TestDrive/home" -ItemType Directory).FullName
        $env:PSModulePath = $env:XDG_DATA_HOME = $env:XDG_CACHE_HOME = $env:XDG_CONFIG_HOME = $null

        # What the image of a worker is made with, but for this user.
        $null = (Get-Content "$PSScriptRoot/../../docs/examples/worker.Dockerfile" -Raw) -match '(?m)^RUN pwsh -NoProfile -Command "(?<steps>[^"]+)"$'
        $steps = $Matches.steps.Replace('/packages', "'$repository'").Replace('AllUsers', 'CurrentUser')

        function Invoke-Session([scriptblock] $ScriptBlock) { pwsh -NoProfile -NonInteractive -Command $ScriptBlock -args "$steps" }

        $installed = Invoke-Session {
            $ErrorActionPreference = 'Stop'
            & ([scriptblock]::Create($args[0]))
            $module = Get-InstalledPSResource PSIpc
            "$($module.Version)-$($module.Prerelease)".TrimEnd('-')
            $module.InstalledLocation
        }
    }

    AfterAll {
        foreach ($name in $inherited.Keys) { [Environment]::SetEnvironmentVariable($name, $inherited[$name]) }
    }

    It 'has the version of the package, below the home folder' {
        $installed[0] | Should -Be (Split-Path $package -Leaf).Replace('PSIpc.', '').Replace('.nupkg', '')
        $installed[1] | Should -BeLike "$env:HOME*"
    }

    It 'is imported by the name of a cmdlet, and its workers find it' {
        Invoke-Session { 1..3 | Invoke-ProcessPool { $_ * 2 }; (Get-Module PSIpc).ModuleBase; (1 | Invoke-ProcessPool { Split-Path ([PSIpc.IpcQueue].Assembly.Location) }) } |
            Should -Be 2, 4, 6, "$($installed[1])/PSIpc/$($installed[0].Split('-')[0])", "$($installed[1])/PSIpc/$($installed[0].Split('-')[0])"
    }

    It 'has its help' {
        (Invoke-Session { (Get-Help New-IpcQueue).Synopsis; (Get-Help about_PSIpc) -join '' }) -join '' | Should -Match 'queue'
    }
}
