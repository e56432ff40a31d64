BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcSerializer' {
    AfterEach { Remove-TestObject }

    It 'lists the serializers' {
        (Get-IpcSerializer).Name | Should -Be 'MessagePack', 'Json', 'CliXml', 'Pickle', 'CStruct', 'Raw'
        (Get-IpcSerializer Message*).Name | Should -Be 'MessagePack'
        Get-IpcSerializer Json | ForEach-Object Description | Should -Not -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-IpcSerializer none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
