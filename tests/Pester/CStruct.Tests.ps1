BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
}

Describe 'New-CStruct' {
    It 'lays a structure out as the C compiler does' {
        $point = New-CStruct 'struct Point { int32_t x; double y; char name[16]; };'
        $point.Size | Should -Be 32
        $point.Fields.Offset | Should -Be 0, 8, 16
        $point.Fields.ForEach{ $_.Count } | Should -Be 1, 1, 16
        ($point | Format-Table | Out-String) | Should -Match 'Point +32'
    }

    It 'packs' {
        (New-CStruct 'struct P { char c; double d; };' -Pack 1).Size | Should -Be 9
    }

    It 'takes objects and hashtables to bytes and back' {
        $null = New-CStruct 'struct Point { int32_t x; double y; char name[16]; };'
        $back = [pscustomobject]@{ x = 3; y = 1.5; name = 'abc' } | ConvertTo-IpcData -Layout Point | ConvertFrom-IpcData -Layout Point
        $back.x | Should -Be 3
        $back.name | Should -Be 'abc'
    }

    It 'says where a declaration is wrong' {
        { New-CStruct 'struct P { int x }' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidDeclaration,*'
    }
}

Describe 'Invoke-NativeFunction' -Skip:(-not $IsLinux) {
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

    It 'refuses a variadic function' {
        { Invoke-NativeFunction libc.so.6 printf 'x' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
    }
}

Describe 'Register-IpcSerializer' {
    It 'adds a serializer that messages can use' {
        Register-IpcSerializer Lines { $_ -join "`n" } { , [Text.Encoding]::UTF8.GetString($_).Split("`n") } -Force
        $queue = New-IpcQueue -Serializer Lines
        Send-IpcMessage $queue ('a', 'b')
        $lines = Receive-IpcMessage $queue
        $lines | Should -Be 'a', 'b'
        Remove-IpcQueue $queue
        Unregister-IpcSerializer Lines
        { Get-IpcSerializer Lines -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
