BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Wait-IpcQueue' {
    AfterEach { Remove-TestObject }

    It 'waits until all was received' {
        $q = New-IpcQueue
        1..3 | Send-IpcMessage $q
        { Wait-IpcQueue $q -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $other = Start-Other { Receive-IpcMessage $using:q -Count 3 }
        Wait-IpcQueue $q.Name -Timeout 60 -ErrorAction Stop
        $q.Count | Should -Be 0
        Receive-ProcessPoolTask $other | Should -Be 1, 2, 3
    }

    It 'waits until all was confirmed' {
        $q = New-IpcQueue -RequireConfirmation
        1 | Send-IpcMessage $q
        $message = Receive-IpcMessage $q
        { $q | Wait-IpcQueue -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*' -ExpectedMessage '*1 were received and not confirmed*'
        Confirm-IpcMessage $message
        $q | Wait-IpcQueue -Timeout 0 -ErrorAction Stop
    }

    It 'says what it cannot wait for' {
        { Wait-IpcQueue no-such-queue -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Wait-IpcQueue 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }

    It 'wants a server that the session is connected to' {
        { Wait-IpcQueue any-name -Server no-such-server -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
