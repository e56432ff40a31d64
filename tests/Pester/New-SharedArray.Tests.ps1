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
        $a = New-SharedArray 3 "pester-$PID"
        $a.Name | Should -Be "pester-$PID"
        $a.Type | Should -Be 'Double'
        $a.ToArray() | Should -Be 0, 0, 0
    }

    It 'takes its length as the first argument, and values from the pipeline' {
        (New-SharedArray 10).Length | Should -Be 10
        (1, 2, 3 | New-SharedArray).ToArray() | Should -Be 1, 2, 3
        $named = 1..4 | ForEach-Object { $_ * $_ } | New-SharedArray -Name "pester-$PID" -Type Single
        $named.Type | Should -Be 'Single'
        (Get-SharedArray "pester-$PID").ToArray() | Should -Be 1, 4, 9, 16
        (, (5, 6) | New-SharedArray).ToArray() | Should -Be 5, 6
        (, [double[, ]]::new(2, 3) | New-SharedArray).Shape | Should -Be 2, 3
        (@() | New-SharedArray).Length | Should -Be 0
        { 'a', 'b' | New-SharedArray -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
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
        $text | Should -Match 'Double +1000000 +False +\{0, 0, 0, 0, 0, 0, \.\.\.\}'
        ($text -split "`n").Count | Should -BeLessThan 10
        New-SharedArray "pester-$PID-matrix" -Shape 1000, 1000 -Type Int32 | Out-String | Should -Match 'Int32 +1000 x 1000 '
    }

    It 'throws for a read out of range in strict mode' {
        $a = New-SharedArray -Length 2
        { Set-StrictMode -Version 3; $a[2] } | Should -Throw '*out of range*'
    }

    It 'says what it cannot make' {
        { New-SharedArray -Length 3 -Type nonsense -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { New-SharedArray -Length 3 -Type 'struct {' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidDeclaration,*'
        { New-SharedArray -Shape 2, -1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { New-SharedArray 'a b' -Length 3 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-SharedArray -Length 1PB -ErrorAction Stop } | Should -Throw -ErrorId 'IpcOutOfMemory,*'
        $a = New-SharedArray -Length 1
        { New-SharedArray $a.Name -Length 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-SharedArray -Name "pester-open-$PID" -Length 3 -OpenExisting
        New-SharedArray -Name $made.Name -Length 3 -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-SharedArray -Name $using:made.Name -Length 3 -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-SharedArray "pester-open-$PID*").Count | Should -Be 1
        { New-SharedArray -Name $made.Name -Length 3 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-SharedArray -Name $made.Name -Length 4 -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Length *'
        { New-SharedArray -Name $made.Name -Shape 3, 1 -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Shape *'
        { New-SharedArray -Name $made.Name -Length 3 -Type Int32 -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Type *'
        { New-SharedArray -Name $made.Name -Length 3 -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
