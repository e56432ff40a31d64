BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Invoke-NativeFunction' -Skip:(-not $IsLinux) {
    AfterEach { Remove-TestObject }

    It 'calls with numbers and text' {
        Invoke-NativeFunction -Library libm.so.6 -Name cos -ReturnType double -ArgumentType double -ArgumentList 0.5 | Should -Be ([Math]::Cos(0.5))
        Invoke-NativeFunction libc.so.6 strlen 'abc' -ReturnType size_t | Should -Be 3
    }

    It 'sorts by a script block' {
        $numbers = [int[]](5, 3, 9, 1)
        Invoke-NativeFunction libc.so.6 qsort -ReturnType void -ArgumentType 'int *', size_t, size_t, 'int (*)(const int *, const int *)' -ArgumentList $numbers, 4, 4, { param($x, $y) $x.Value - $y.Value }
        $numbers | Should -Be 1, 3, 5, 9
    }

    It 'sets the variable of the last error' {
        $null = Invoke-NativeFunction libc.so.6 chdir '/no/such/folder' -LastErrorVariable problem
        $problem.Number | Should -Be 2
    }

    It 'says what it cannot call' {
        { Invoke-NativeFunction libc.so.6 printf 'x' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
        { Invoke-NativeFunction libc.so.6 no_such_function -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Invoke-NativeFunction libc.so.6 abs -ArgumentType int -ArgumentList 1, 2 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { Invoke-NativeFunction libc.so.6 abs -ArgumentType 'no such type' -ArgumentList 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidDeclaration,*'
        { Invoke-NativeFunction libc.so.6 abs -ArgumentType int -ArgumentList 'text' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization,*'
        { Invoke-NativeFunction libc.so.6 qsort -ReturnType void -ArgumentType 'int *', size_t, size_t, 'int (*)(const int *, const int *)' -ArgumentList ([int[]](2, 1)), 2, 4, { throw 'no' } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcCallbackFailed,*'
    }
}
