BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Import-NativeLibrary' -Skip:(-not $IsLinux) {
    AfterEach { Remove-TestObject }

    It 'loads a library, and gives its functions' {
        $math = Import-NativeLibrary libm.so.6
        $root = $math.GetFunction('sqrt', 'double', 'double')
        16, 25 | ForEach-Object { $root.Invoke($_) } | Should -Be 4, 5
        Invoke-NativeFunction $math cos -ReturnType double -ArgumentType double -ArgumentList 0 | Should -Be 1
        @(Import-NativeLibrary -Name libm.so.6, libc.so.6) | Should -HaveCount 2
    }

    It 'says what it does not find' {
        { Import-NativeLibrary no-such-library.so -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
