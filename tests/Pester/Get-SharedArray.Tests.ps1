BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-SharedArray' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $array = New-SharedArray -Length 3
        (Get-SharedArray $array.Name).Name | Should -Be $array.Name
        Get-SharedArray "$($array.Name)*" | Should -HaveCount 1
        $array.Name | Get-SharedArray | Should -HaveCount 1
        (Get-SharedArray).Name | Should -Contain $array.Name
        Get-SharedArray 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'opens without the right to write' {
        $array = New-SharedArray -InputObject 1, 2, 3
        $read = Get-SharedArray $array.Name -ReadOnly
        $read.IsReadOnly | Should -BeTrue
        foreach ($attempt in { $read[0] = 9 }, { $read.Fill(9) }, { $read.SetValue(1, 0) }, { $read.CopyFrom((9, 9)) }, { $read.Slice(0, 2)[0] = 9 }) { $attempt | Should -Throw '*read-only*' }
        $read.ToArray() | Should -Be 1, 2, 3
    }

    It 'opens memory that another program made' {
        $memory = New-SharedMemory -Size 64
        $memory.Write[double](8, 1.5)
        $array = Get-SharedArray $memory.Name -Type Double -Shape 2, 2 -Offset ($memory.DataOffset + 8)
        $array[0, 0] | Should -Be 1.5
        $array[1, 1] = 7
        $memory.Read[double](32) | Should -Be 7
        { Get-SharedArray $memory.Name -Type Double -Shape 1000000 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { Get-SharedArray $memory.Name -Type 'struct {' -Shape 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidDeclaration,*'
    }

    It 'says what it does not find' {
        { Get-SharedArray no-such-array -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-SharedArray 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $array = New-SharedArray -Length 3
        (Get-SharedArray $array.Name | Format-Table | Out-String) | Should -Match $array.Name
    }

    It 'completes the names of those that there are' {
        $array = New-SharedArray -Length 3
        (TabExpansion2 "Get-SharedArray $($array.Name.Substring(0, $array.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $array.Name
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-SharedArray -Name "pester-late-$using:PID" -Length 3
            Receive-IpcMessage $using:go -Timeout 60
            Remove-SharedArray $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-SharedArray "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-SharedArray "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-SharedArray "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-SharedArray "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-SharedArray "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
