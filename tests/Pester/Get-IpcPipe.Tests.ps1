BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcPipe' {
    AfterEach { Remove-TestObject }

    It 'opens pipes by name, by wildcard, or all' {
        $pipe = New-IpcPipe
        (Get-IpcPipe $pipe.Name).Name | Should -Be $pipe.Name
        Get-IpcPipe "$($pipe.Name)*" | Should -HaveCount 1
        (Get-IpcPipe).Name | Should -Contain $pipe.Name
    }

    It 'says what it does not find' {
        { Get-IpcPipe no-such-pipe -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcPipe 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-IpcPipe -Name "pester-late-$using:PID"
            Receive-IpcMessage $using:go -Timeout 60
            Remove-IpcPipe $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-IpcPipe "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-IpcPipe "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-IpcPipe "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-IpcPipe "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-IpcPipe "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
