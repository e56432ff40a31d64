BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Get-IpcSemaphore' {
    AfterEach { Remove-TestObject }

    It 'opens by name, by wildcard, or all' {
        $semaphore = New-IpcSemaphore -Count 1
        (Get-IpcSemaphore $semaphore.Name).Name | Should -Be $semaphore.Name
        Get-IpcSemaphore "$($semaphore.Name)*" | Should -HaveCount 1
        $semaphore.Name | Get-IpcSemaphore | Should -HaveCount 1
        (Get-IpcSemaphore).Name | Should -Contain $semaphore.Name
        Get-IpcSemaphore 'no-such-*' | Should -BeNullOrEmpty
    }

    It 'says what it does not find' {
        { Get-IpcSemaphore no-such-semaphore -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Get-IpcSemaphore 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'shows itself in a table' {
        $semaphore = New-IpcSemaphore -Count 1
        (Get-IpcSemaphore $semaphore.Name | Format-Table | Out-String) | Should -Match $semaphore.Name
    }

    It 'completes the names of those that there are' {
        $semaphore = New-IpcSemaphore -Count 1
        (TabExpansion2 "Get-IpcSemaphore $($semaphore.Name.Substring(0, $semaphore.Name.Length - 2))").CompletionMatches.CompletionText | Should -Contain $semaphore.Name
    }

    It 'waits with -Timeout until another process makes it' {
        $go = New-IpcQueue
        $there = New-IpcQueue
        $other = Start-Other {
            Receive-IpcMessage $using:go -Timeout 60
            $made = New-IpcSemaphore -Name "pester-late-$using:PID" -Count 3
            Receive-IpcMessage $using:go -Timeout 60
            Remove-IpcSemaphore $made
        }
        $waiter = Start-Other { "waits" | Send-IpcMessage $using:there; (Get-IpcSemaphore "pester-late-$using:PID" -Timeout 60).Name }
        Receive-IpcMessage $there -Timeout 60 | Should -Be 'waits'
        'make it' | Send-IpcMessage $go
        (Get-IpcSemaphore "pester-late-$PID" -Timeout 60).Name | Should -Be "pester-late-$PID"
        (Get-IpcSemaphore "pester-late-$PID*" -Timeout 60).Name | Should -Be "pester-late-$PID"
        Receive-ProcessPoolTask $waiter | Should -Be "pester-late-$PID"
        'leave it' | Send-IpcMessage $go
        Receive-ProcessPoolTask $other | Should -Be 'make it', 'leave it'
        { Get-IpcSemaphore "pester-never-$PID" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Get-IpcSemaphore "pester-never-$PID*" -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
