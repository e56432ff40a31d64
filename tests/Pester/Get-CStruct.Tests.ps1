BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-CStruct' {
    AfterEach { Remove-TestObject }

    It 'finds what this session has declared' {
        $null = New-CStruct 'struct PesterOne { int x; }; struct PesterTwo { double y; };'
        (Get-CStruct PesterOne).Size | Should -Be 4
        (Get-CStruct Pester*).Name | Should -Contain 'PesterTwo'
        (Get-CStruct).Name | Should -Contain 'PesterOne'
        (TabExpansion2 'Get-CStruct PesterO').CompletionMatches.CompletionText | Should -Be 'PesterOne'
    }

    It 'says what it does not find' {
        { Get-CStruct NoSuchStructure -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
