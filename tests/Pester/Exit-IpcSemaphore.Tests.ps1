BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Exit-IpcSemaphore' {
    AfterEach { Remove-TestObject }

    It 'gives one permit back, or several' {
        $semaphore = New-IpcSemaphore -Count 3 -Maximum 3
        1..3 | ForEach-Object { Enter-IpcSemaphore $semaphore }
        Exit-IpcSemaphore $semaphore
        $semaphore.Count | Should -Be 1
        $semaphore | Exit-IpcSemaphore -Count 2
        $semaphore.Count | Should -Be 3
    }

    It 'says what it cannot give' {
        $semaphore = New-IpcSemaphore -Count 1 -Maximum 1
        { Exit-IpcSemaphore $semaphore 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotOwner,*'
        { Exit-IpcSemaphore no-such-semaphore -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
