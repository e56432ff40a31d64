BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcCondition' {
    AfterEach { Remove-TestObject }

    It 'makes a condition, which is taken as a lock is' {
        $condition = New-IpcCondition "pester-$PID"
        $condition.WaitingCount | Should -Be 0
        Use-IpcLock $condition { $condition.Lock.IsHeldHere } | Should -BeTrue
    }

    It 'makes one that stays' {
        $condition = New-IpcCondition -Persistent
        $condition.Dispose()
        (Get-IpcCondition $condition.Name).Name | Should -Be $condition.Name
    }

    It 'says what it cannot make' {
        $condition = New-IpcCondition
        { New-IpcCondition $condition.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcCondition 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-IpcCondition -Name "pester-open-$PID" -OpenExisting
        New-IpcCondition -Name $made.Name -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-IpcCondition -Name $using:made.Name -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-IpcCondition "pester-open-$PID*").Count | Should -Be 1
        { New-IpcCondition -Name $made.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcCondition -Name $made.Name -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
