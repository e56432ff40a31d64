BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-CStruct' {
    AfterEach { Remove-TestObject }

    It 'lays a structure out as the C compiler does' {
        $point = New-CStruct 'struct Point { int32_t x; double y; char name[16]; };'
        $point.Size | Should -Be 32
        $point.Fields.Offset | Should -Be 0, 8, 16
        $point.Fields.ForEach{ $_.Count } | Should -Be 1, 1, 16
        ($point | Format-Table | Out-String) | Should -Match 'Point +32'
    }

    It 'packs, and follows another platform and byte order' {
        (New-CStruct 'struct P { char c; double d; };' -Pack 1).Size | Should -Be 9
        $abis = [Enum]::GetNames((Get-Command New-CStruct).Parameters['Abi'].ParameterType)
        $sizes = $abis | ForEach-Object { (New-CStruct 'struct P { long l; };' -Abi $_).Size }
        $sizes | Sort-Object -Unique | Should -Be 4, 8
        $bytes = ConvertTo-IpcData @{ n = 1 } -Layout (New-CStruct 'struct P { int32_t n; };' -BigEndian)
        $bytes | Should -Be 0, 0, 0, 1
    }

    It 'takes objects and hashtables to bytes and back' {
        $null = New-CStruct 'struct Point { int32_t x; double y; char name[16]; };'
        $back = [pscustomobject]@{ x = 3; y = 1.5; name = 'abc' } | ConvertTo-IpcData -Layout Point | ConvertFrom-IpcData -Layout Point
        $back.x | Should -Be 3
        $back.name | Should -Be 'abc'
    }

    It 'says where a declaration is wrong' {
        { New-CStruct 'struct P { int x }' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidDeclaration,*'
        { New-CStruct 'struct P { int x; };' -Pack 3 } | Should -Throw
    }
}
