BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-SharedArray' {
    AfterEach { Remove-TestObject }

    It 'is read and written by index, by slice and in the pipeline' {
        $a = New-SharedArray -Shape 2, 3 -Type Int32
        $a[1, 2] = 7
        $a[0] = 1, 2, 3
        $a[-1, -1] | Should -Be 7
        $a.Sum() | Should -Be 13
        ($a | Measure-Object -Sum).Sum | Should -Be 13
        $a | Select-Object -First 2 | Should -Be 1, 2
        { $a[2, 0] = 1 } | Should -Throw '*out of range*'
    }

    It 'is an array of Double, all 0, where nothing else is said' {
        $a = New-SharedArray "pester-$PID" 3
        $a.Name | Should -Be "pester-$PID"
        $a.Type | Should -Be 'Double'
        $a.ToArray() | Should -Be 0, 0, 0
    }

    It 'is made of every type and from values' -ForEach 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Int128', 'UInt128', 'Half', 'Single', 'Double', 'Decimal', 'Complex', 'Boolean', 'Char' {
        $a = New-SharedArray -Length 3 -Type $_
        $a[1] = $_ -eq 'Char' ? 'x' : 1
        $a.Type | Should -Be $_
        $a[1].GetType().Name | Should -Be $_
        $b = New-SharedArray -InputObject $a.ToArray()
        $b.Type | Should -Be $_
        $b[1] | Should -Be $a[1]
    }

    It 'has slices that are views, and is copied in bulk' {
        $a = New-SharedArray -InputObject (1..10)
        $slice = $a.Slice(2, 4)
        $slice.Fill(0)
        $a.ToArray() | Should -Be 1, 2, 0, 0, 0, 0, 7, 8, 9, 10
        $a.CopyFrom([int[]](5, 5), 8)
        $slice.CopyFrom((1, 2, 3, 4))
        $target = [int[]]::new(10)
        $a.CopyTo($target)
        $target | Should -Be 1, 2, 1, 2, 3, 4, 7, 8, 5, 5
        $a.Min() | Should -Be 1
        $a.Max() | Should -Be 8
        $a[0..2] | Should -Be 1, 2, 1
    }

    It 'has the members of C structures as properties' {
        $a = New-SharedArray -Length 3 -Type 'struct PesterPoint { int32_t x; double y; char tag[4]; };'
        $a[1] = @{ x = 4; y = 2.5; tag = 'ab' }
        $a[1].x++
        (Get-SharedArray $a.Name)[1].x | Should -Be 5
        $a[1].tag | Should -Be 'ab'
        $a.NumPyDType | Should -Match "'x'"
        $a | ForEach-Object y | Should -Be 0, 2.5, 0
    }

    It 'is changed by other processes, and not by those that have it read-only' {
        $a = New-SharedArray -Length 3
        $r = Get-SharedArray $a.Name -ReadOnly
        $other = Start-Other { ($using:a)[1] = 5; ($using:r)[1]; try { ($using:r)[2] = 1 } catch { 'refused' } }
        Receive-ProcessPoolTask $other | Should -Be 5, 'refused'
        $a.Sum() | Should -Be 5
    }

    It 'stays when it is told to' {
        $a = New-SharedArray -InputObject 1, 2 -Persistent
        $a.Dispose()
        (Get-SharedArray $a.Name).Sum() | Should -Be 3
    }

    It 'shows one row and not a million' {
        $text = New-SharedArray "pester-$PID" -Length 1000000 | Out-String
        $text | Should -Match "pester-$PID"
        ($text -split "`n").Count | Should -BeLessThan 10
    }

    It 'throws for a read out of range in strict mode' {
        $a = New-SharedArray -Length 2
        { Set-StrictMode -Version 3; $a[2] } | Should -Throw '*out of range*'
    }

    It 'says what it cannot make' {
        { New-SharedArray -Length 3 -Type nonsense -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { New-SharedArray -Length 3 -Type 'struct {' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidDeclaration,*'
        { New-SharedArray -Shape 2, -1 -ErrorAction Stop } | Should -Throw
        { New-SharedArray 'a b' -Length 3 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-SharedArray -Length 1PB -ErrorAction Stop } | Should -Throw -ErrorId 'IpcOutOfMemory,*'
        $a = New-SharedArray -Length 1
        { New-SharedArray $a.Name -Length 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
    }
}
