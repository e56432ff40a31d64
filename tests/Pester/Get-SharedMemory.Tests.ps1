BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-SharedMemory' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $memory = New-SharedMemory -Size 100
        (Get-SharedMemory $memory.Name).Name | Should -Be $memory.Name
        Get-SharedMemory "$($memory.Name)*" | Should -HaveCount 1
        $memory.Name | Get-SharedMemory | Should -HaveCount 1
        (Get-SharedMemory).Name | Should -Contain $memory.Name
        Get-SharedMemory 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'opens without the right to write' {
        $memory = New-SharedMemory -Size 100
        $read = Get-SharedMemory $memory.Name -ReadOnly
        $read.IsReadOnly | Should -BeTrue
        { $read.WriteBytes(0, [byte[]](1)) } | Should -Throw '*read-only*'
        { $read.OpenStream().WriteByte(1) } | Should -Throw '*read-only*'
    }

    It 'says what it does not find' {
        { Get-SharedMemory no-such-memory -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-SharedMemory 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $memory = New-SharedMemory -Size 100
        (Get-SharedMemory $memory.Name | Format-Table | Out-String) | Should -Match $memory.Name
    }

    It 'completes the names of those that there are' {
        $memory = New-SharedMemory -Size 100
        (TabExpansion2 "Get-SharedMemory $($memory.Name.Substring(0, $memory.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $memory.Name
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-SharedMemory -Name "pester-late-$using:PID" -Size 100
            Receive-IpcMessage $using:go -Timeout 60
            Remove-SharedMemory $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-SharedMemory "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-SharedMemory "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-SharedMemory "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-SharedMemory "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-SharedMemory "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
