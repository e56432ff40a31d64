BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcSemaphore' {
    AfterEach { Remove-TestObject }

    It 'makes a number of permits, up to a most' {
        $semaphore = New-IpcSemaphore -Count 1 -Maximum 2
        $semaphore.Count | Should -Be 1
        Exit-IpcSemaphore $semaphore
        $semaphore.Count | Should -Be 2
        { Exit-IpcSemaphore $semaphore -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotOwner,*'
    }

    It 'takes a name, and stays when it is told to' {
        $semaphore = New-IpcSemaphore "pester-$PID" 3 -Persistent
        $semaphore.Dispose()
        (Get-IpcSemaphore "pester-$PID").Count | Should -Be 3
    }

    It 'says what it cannot make' {
        $semaphore = New-IpcSemaphore -Count 1
        { New-IpcSemaphore $semaphore.Name -Count 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcSemaphore 'a b' -Count 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-IpcSemaphore -Count -1 -ErrorAction Stop } | Should -Throw
    }
}
