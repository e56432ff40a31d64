BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
}

Describe 'Shared arrays' {
    It 'are read and written by index, by slice and in the pipeline' {
        $a = New-SharedArray -Shape 2, 3 -Type Int32
        $a[1, 2] = 7
        $a[0] = 1, 2, 3
        $a[-1, -1] | Should -Be 7
        $a.Sum() | Should -Be 13
        ($a | Measure-Object -Sum).Sum | Should -Be 13
        $a | Select-Object -First 2 | Should -Be 1, 2
        (Get-SharedArray $a.Name -ReadOnly).IsReadOnly | Should -BeTrue
        { $a[2, 0] = 1 } | Should -Throw '*out of range*'
        Remove-SharedArray $a
        { Get-SharedArray $a.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It 'show one row and not a million' {
        $text = New-SharedArray shown -Length 1000000 | Out-String
        $text | Should -Match 'shown'
        ($text -split "`n").Count | Should -BeLessThan 10
        Remove-SharedArray shown
    }

    It 'are made of every type and from values' -ForEach 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Int128', 'UInt128', 'Half', 'Single', 'Double', 'Decimal', 'Complex', 'Boolean', 'Char' {
        $a = New-SharedArray -Length 3 -Type $_
        $a[1] = $_ -eq 'Char' ? 'x' : 1
        $a.Type | Should -Be $_
        $a[1].GetType().Name | Should -Be $_
        $b = New-SharedArray -InputObject $a.ToArray()
        $b.Type | Should -Be $_
        $b[1] | Should -Be $a[1]
        Remove-SharedArray $a
        Remove-SharedArray $b
    }

    It 'have slices that are views, and are copied in bulk' {
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
        Remove-SharedArray $a
    }

    It 'of C structures have the members as properties' {
        $a = New-SharedArray -Length 3 -Type 'struct PesterPoint { int32_t x; double y; char tag[4]; };'
        $a[1] = @{ x = 4; y = 2.5; tag = 'ab' }
        $a[1].x++
        (Get-SharedArray $a.Name)[1].x | Should -Be 5
        $a[1].tag | Should -Be 'ab'
        $a.NumPyDType | Should -Match "'x'"
        $a | ForEach-Object y | Should -Be 0, 2.5, 0
        Remove-SharedArray $a
    }

    It 'that are read-only cannot be written' -ForEach '$r[0] = 1', '$r.Fill(1)', '$r.SetValue(0, 1)', '$r.CopyFrom((1, 2))', '$r.Slice(0, 2)[0] = 1' {
        $a = New-SharedArray -Length 3
        $r = Get-SharedArray $a.Name -ReadOnly
        { . ([scriptblock]::Create($_)) } | Should -Throw '*read-only*'
        $a.Sum() | Should -Be 0
        Remove-SharedArray $a
    }

    It 'are changed by other processes, read-only in those that get them so' {
        $a = New-SharedArray -Length 3
        $r = Get-SharedArray $a.Name -ReadOnly
        $job = Start-IpcProcess { param($a, $r) $a[1] = 5; $r[1]; try { $r[2] = 1 } catch { 'refused' } } -ArgumentList $a, $r
        $job | Wait-IpcProcess | Receive-IpcProcess | Should -Be 5, 'refused'
        $a.Sum() | Should -Be 5
        Remove-IpcProcess $job
        Remove-SharedArray $a
    }

    It 'are removed with -WhatIf in name only' {
        $a = New-SharedArray -Length 1
        Remove-SharedArray $a -WhatIf
        Get-SharedArray $a.Name | Should -HaveCount 1
        Remove-SharedArray $a.Name
        $a.IsRemoved | Should -BeTrue
    }

    It 'are errors when they cannot be' {
        { New-SharedArray -Length 3 -Type nonsense -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { New-SharedArray 'a b' -Length 3 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-SharedArray -Length 1PB -ErrorAction Stop } | Should -Throw -ErrorId 'IpcOutOfMemory,*'
        $a = New-SharedArray -Length 1
        { New-SharedArray $a.Name -Length 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        Remove-SharedArray $a
    }

    It 'throw for a read out of range in strict mode' {
        $a = New-SharedArray -Length 2
        { Set-StrictMode -Version 3; $a[2] } | Should -Throw '*out of range*'
        Remove-SharedArray $a
    }
}

Describe 'Shared values' {
    It 'count what jobs of other processes add' {
        $v = New-SharedValue -Value 0 -Type Int64
        $jobs = 1..2 | ForEach-Object { Start-IpcProcess { 1..500 | ForEach-Object { $null = ($using:v).Add(1) }; 1..50 | ForEach-Object { Update-SharedValue $using:v { $_ + 1 } } } }
        $jobs | Wait-IpcProcess | Receive-IpcProcess
        $jobs | Remove-IpcProcess
        $v.Value | Should -Be 1100
        Remove-SharedValue $v
    }

    It 'have a type, atomic operations and a view' {
        $v = New-SharedValue -Value 5 -Type Int32
        $v.Add(2) | Should -Be 7
        $v.Exchange(1) | Should -Be 7
        $v.CompareExchange(9, 1) | Should -Be 1
        $v.CompareExchange(3, 1) | Should -Be 9
        { $v.Value = 'x' } | Should -Throw
        { $v.Add([int]::MaxValue) } | Should -Throw
        Set-SharedValue $v 4 -PassThru | ForEach-Object Value | Should -Be 4
        Update-SharedValue $v { $_ * 3 } -PassThru | Should -Be 12
        Update-SharedValue $v { 1 } -WhatIf
        (Get-SharedValue $v.Name).Value | Should -Be 12
        ($v | Format-Table | Out-String) | Should -Match 'Int32 +12'
        Remove-SharedValue $v
        { Get-SharedValue $v.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It 'can be texts and structures' {
        $t = New-SharedValue -Value 'one' -Capacity 5
        $t.Value = 'drei'
        { $t.Value = 'sieben' } | Should -Throw '*Capacity*'
        $t.Value | Should -BeExactly 'drei'
        $s = New-SharedValue -Type 'struct PesterSize { int32_t w, h; };' -Value @{ w = 2; h = 3 }
        Update-SharedValue $s { $_.w *= 10; $_ }
        $s.Value.w | Should -Be 20
        Remove-SharedValue $t, $s
    }

    It 'are waited for with a timeout while another process updates' {
        $v = New-SharedValue -Value 1
        $job = Start-IpcProcess { Enter-IpcLock $using:v; 'has it'; Start-Sleep 60 }
        while (-not $v.Lock.IsHeld) { Start-Sleep -Milliseconds 5 }
        { Update-SharedValue $v { 2 } -Timeout 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        Stop-IpcProcess $job -Force
        Update-SharedValue $v { $_ + 1 } -Timeout 10 -WarningVariable warning -WarningAction SilentlyContinue
        $warning | Should -Not -BeNullOrEmpty
        $v.Value | Should -Be 2
        Remove-IpcProcess $job
        Remove-SharedValue $v
    }
}

Describe 'Blocks of memory' {
    It 'are read and written as bytes, values, a stream and a structure' {
        $m = New-SharedMemory -Size 1KB
        $m.WriteBytes(10, [byte[]](1, 2, 3))
        $m.ReadBytes(11, 2) | Should -Be 2, 3
        $m.Write[int](20, -7)
        (Get-SharedMemory $m.Name).Read[int](20) | Should -Be -7
        $stream = $m.OpenStream()
        $stream.Position = 10
        $stream.ReadByte() | Should -Be 1
        $stream.Length | Should -Be 1024
        $view = $m.View('struct PesterHead { int32_t width, height; };', 64)
        $view.height = 480
        $m.Read[int](68) | Should -Be 480
        { $m.ReadBytes(1020, 10) } | Should -Throw '*not in it*'
        $r = Get-SharedMemory $m.Name -ReadOnly
        { $r.WriteBytes(0, [byte[]](1)) } | Should -Throw '*read-only*'
        { $r.OpenStream().WriteByte(1) } | Should -Throw '*read-only*'
        Remove-SharedMemory $m
    }
}

Describe 'Dictionaries' {
    It 'keep any values by keys' {
        $d = New-SharedDictionary
        $d['a'] = 1
        $d['list'] = 1, 2, 3
        $d['object'] = [pscustomobject]@{ x = 5 }
        $d.Add('once', 'x')
        { $d.Add('once', 'y') } | Should -Throw '*already*'
        $d.Count | Should -Be 4
        $d['object'].x | Should -Be 5
        $d['missing'] | Should -BeNullOrEmpty
        $d.Remove('a') | Should -BeTrue
        $d.ContainsKey('a') | Should -BeFalse
        $d.Keys | Sort-Object | Should -Be 'list', 'object', 'once'
        $seen = foreach ($entry in $d.GetEnumerator()) { $entry.Key }
        $seen | Sort-Object | Should -Be 'list', 'object', 'once'
        (Get-SharedDictionary $d.Name)['once'] | Should -Be 'x'
        Remove-SharedDictionary $d
    }

    It 'count what processes update' {
        $d = New-SharedDictionary
        $jobs = 1..2 | ForEach-Object { Start-IpcProcess { 1..100 | ForEach-Object { $null = ($using:d).AddOrUpdate('n', 1, { $_ + 1 }) } } }
        $jobs | Wait-IpcProcess | Receive-IpcProcess
        $jobs | Remove-IpcProcess
        $d['n'] | Should -Be 200
        Remove-SharedDictionary $d
    }
}

Describe 'Barriers and conditions' {
    It 'let processes go on together' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        $condition = New-IpcCondition
        $ready = New-SharedValue -Value 0
        $job = Start-IpcProcess {
            Wait-IpcBarrier $using:barrier
            Use-IpcLock $using:condition { ($using:ready).Value = 1; Set-IpcCondition $using:condition }
        }
        Wait-IpcBarrier $barrier -Timeout 60
        Wait-IpcCondition $condition { $ready.Value -eq 1 } -Timeout 60
        $ready.Value | Should -Be 1
        $job | Wait-IpcProcess | Remove-IpcProcess
        Remove-IpcBarrier $barrier
        Remove-IpcCondition $condition
        Remove-SharedValue $ready
    }

    It 'a barrier breaks with a killed process, and a wait that is over has not arrived' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        { Wait-IpcBarrier $barrier -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $barrier.WaitingCount | Should -Be 0
        $job = Start-IpcProcess { $null = $using:barrier; 'here'; Start-Sleep 60 }
        while (-not ($job | Receive-IpcProcess)) { Start-Sleep -Milliseconds 5 }
        Stop-IpcProcess $job -Force
        { Wait-IpcBarrier $barrier -Timeout 60 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcPeerGone,*'
        $barrier.IsBroken | Should -BeTrue
        Remove-IpcProcess $job
        (Get-IpcBarrier $barrier.Name | Format-Table | Out-String) | Should -Match $barrier.Name
        Remove-IpcBarrier $barrier
    }

    It 'a condition wakes one, or all' {
        $condition = New-IpcCondition
        $gone = New-SharedValue -Value 0
        $jobs = 1..3 | ForEach-Object { Start-IpcProcess { Wait-IpcCondition $using:condition; $null = ($using:gone).Add(1) } }
        while ($condition.WaitingCount -lt 3) { Start-Sleep -Milliseconds 5 }
        Set-IpcCondition $condition
        while ($gone.Value -lt 1) { Start-Sleep -Milliseconds 5 }
        $condition.WaitingCount | Should -Be 2
        Set-IpcCondition $condition -All
        $jobs | Wait-IpcProcess -Timeout 60 | Remove-IpcProcess
        $gone.Value | Should -Be 3
        { Wait-IpcCondition $condition { $false } -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        (Get-IpcCondition $condition.Name).Name | Should -Be $condition.Name
        Remove-IpcCondition $condition
        Remove-SharedValue $gone
    }
}
