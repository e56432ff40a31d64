BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcPipe' {
    AfterEach { Remove-TestObject }

    It 'opens pipes by name, by wildcard, or all' {
        $pipe = New-IpcPipe
        (Get-IpcPipe $pipe.Name).Name | Should -Be $pipe.Name
        Get-IpcPipe "$($pipe.Name)*" | Should -HaveCount 1
        (Get-IpcPipe).Name | Should -Contain $pipe.Name
    }

    It 'says what it does not find' {
        { Get-IpcPipe no-such-pipe -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcPipe 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }
}
