BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'The package' {
    It 'installs from a repository, and the module works from there' {
        $feed = New-Item -ItemType Directory "$TestDrive/feed"
        $saved = New-Item -ItemType Directory "$TestDrive/saved"
        $null = & "$PSScriptRoot/../../tools/New-ModulePackage.ps1" -Destination $feed
        $name = "PSIpcTest$PID"
        Register-PSResourceRepository -Name $name -Uri $feed -Trusted
        try {
            $found = Find-PSResource PSIpc -Repository $name -Prerelease
            $found.Name | Should -Be 'PSIpc'
            $found.Includes.Cmdlet | Should -Contain 'New-IpcQueue'
            Save-PSResource PSIpc -Repository $name -Prerelease -Path $saved -TrustRepository
        }
        finally {
            Unregister-PSResourceRepository -Name $name
        }
        $manifest = (Get-ChildItem $saved -Recurse -Filter PSIpc.psd1).FullName
        $manifest | Should -HaveCount 1
        pwsh -NoProfile -Command "Import-Module '$manifest'; `$q = New-IpcQueue; @{ a = 1.5 } | Send-IpcMessage `$q; (Receive-IpcMessage `$q).a; (New-SharedArray -InputObject 1, 2).Sum()" | Should -Be '1.5', '3'
    }
}
