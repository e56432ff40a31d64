BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-Help' {
    It 'knows every cmdlet' {
        foreach ($command in Get-Command -Module PSIpc) {
            $help = Get-Help $command.Name -Full
            $help.Synopsis | Should -Not -BeNullOrEmpty -Because $command.Name
            $help.description.Text | Should -Not -BeNullOrEmpty -Because $command.Name
            $help.examples.example | Should -Not -BeNullOrEmpty -Because $command.Name
            $documented = $help.parameters.parameter.name
            $own = $command.Parameters.Keys | Where-Object { $_ -notin [System.Management.Automation.Cmdlet]::CommonParameters }
            $own | Where-Object { $_ -notin $documented } | Should -BeNullOrEmpty -Because $command.Name
        }
    }

    It 'knows <_>' -ForEach 'about_PSIpc', 'about_IpcQueues', 'about_SharedMemory', 'about_IpcSynchronization', 'about_ProcessPools', 'about_IpcSerializers', 'about_IpcPython' {
        # As where the module is installed: in a folder of the module path.
        $path = $env:PSModulePath
        try {
            $env:PSModulePath = [IO.Path]::GetFullPath("$((Get-Module PSIpc).ModuleBase)/..") + [IO.Path]::PathSeparator + $path
            Get-Help $_ | Out-String | Should -Match 'LONG DESCRIPTION'
        }
        finally {
            $env:PSModulePath = $path
        }
    }

    It 'shows examples' {
        Get-Help New-IpcQueue -Examples | Out-String | Should -Match 'Example 1: Send and receive'
    }
}
