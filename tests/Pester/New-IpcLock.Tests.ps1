BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcLock' {
    AfterEach { Remove-TestObject }

    It 'makes a lock that one has at a time' {
        $lock = New-IpcLock "pester-$PID"
        $lock.Name | Should -Be "pester-$PID"
        Enter-IpcLock $lock
        { Enter-IpcLock (Get-IpcLock $lock.Name) -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $lock.TryEnter() | Should -BeFalse
        Exit-IpcLock $lock
    }

    It 'has methods that say whether the lock was taken in time' {
        $lock = New-IpcLock "pester-$PID"
        $lock.Enter(60), $lock.Enter(0.01) | Should -Be $true, $false # it is not recursive
        $lock.Exit()
        $lock.Enter() | Should -BeNullOrEmpty
        $lock.Exit()
    }

    It 'makes one that its holder takes again' {
        $lock = New-IpcLock -Recursive
        $lock.IsRecursive | Should -BeTrue
        Use-IpcLock $lock { Use-IpcLock $lock { 'inside' }; $lock.IsHeldHere } | Should -Be 'inside', $true
        $lock.IsHeld | Should -BeFalse
    }

    It 'makes one that stays' {
        $lock = New-IpcLock -Persistent
        $lock.Dispose()
        (Get-IpcObject $lock.Name -Orphaned).Kind | Should -Be 'Lock'
    }

    It 'says what it cannot make' {
        $lock = New-IpcLock
        { New-IpcLock $lock.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcLock 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-IpcLock -Name "pester-open-$PID" -OpenExisting
        New-IpcLock -Name $made.Name -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-IpcLock -Name $using:made.Name -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-IpcLock "pester-open-$PID*").Count | Should -Be 1
        { New-IpcLock -Name $made.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcLock -Name $made.Name -Recursive -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Recursive *'
        { New-IpcLock -Name $made.Name -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
