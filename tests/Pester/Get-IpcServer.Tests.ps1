BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcServer' {
    It 'lists none where there is none, and says that one of a name is not there' {
        @(Get-IpcServer).Count | Should -Be 0
        { Get-IpcServer -Name no-such-server -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
