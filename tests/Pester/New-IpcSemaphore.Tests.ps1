BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcSemaphore' {
    BeforeEach { $took = New-IpcQueue }

    AfterEach { Remove-TestObject }

    It 'makes a number of permits, up to a most' {
        $semaphore = New-IpcSemaphore -Count 1 -Maximum 2
        $semaphore.Count | Should -Be 1
        Exit-IpcSemaphore $semaphore
        $semaphore.Count | Should -Be 2
        { Exit-IpcSemaphore $semaphore -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotOwner,*'
    }

    It 'counts items with -Unowned: what a consumer took does not come back with its end' {
        $items = New-IpcSemaphore -Count 5 -Unowned
        $items.IsUnowned | Should -BeTrue
        Start-IpcProcess { 1..2 | ForEach-Object { Enter-IpcSemaphore $using:items }; ($using:items).Count } | Receive-IpcProcess -Wait | Should -Be 3
        $killed = Start-Other { Enter-IpcSemaphore $using:items; 'took one' | Send-IpcMessage $using:took; Start-Sleep 600 }
        Receive-IpcMessage $took -Timeout 60 | Should -Be 'took one'
        Stop-Other $killed
        $items.Count | Should -Be 2
        Exit-IpcSemaphore $items -Count 10 # more items than there were
        $items.Count | Should -Be 12
    }

    It 'counts the permits of a dead holder as free, without anybody waiting' {
        $permits = New-IpcSemaphore -Count 5
        $killed = Start-Other { 1..2 | ForEach-Object { Enter-IpcSemaphore $using:permits }; 'took two' | Send-IpcMessage $using:took; Start-Sleep 600 }
        Receive-IpcMessage $took -Timeout 60 | Should -Be 'took two'
        $permits.Count | Should -Be 3
        Stop-Other $killed
        $permits.Count | Should -Be 5
    }

    It 'has methods that say whether a permit was taken in time' {
        $semaphore = New-IpcSemaphore -Count 1
        $semaphore.Enter(60), $semaphore.Enter(0.01) | Should -Be $true, $false
    }

    It 'takes a name, and stays when it is told to' {
        $semaphore = New-IpcSemaphore "pester-$PID" 3 -Persistent
        $semaphore.Dispose()
        (Get-IpcSemaphore "pester-$PID").Count | Should -Be 3
    }

    It 'takes a number at position 0 as the count, and a text as the name' {
        (New-IpcSemaphore 3).Count | Should -Be 3
        (New-IpcSemaphore ([long] 3)).Count | Should -Be 3
        foreach ($count in 2, '2', [long] 2) {
            $semaphore = New-IpcSemaphore "pester-$PID" $count
            $semaphore.Name, $semaphore.Count | Should -Be "pester-$PID", 2
            Remove-IpcSemaphore $semaphore
        }

        $semaphore = New-IpcSemaphore '7' -Count 2
        $semaphore.Name, $semaphore.Count | Should -Be '7', 2
    }

    It 'says what it cannot make' {
        $semaphore = New-IpcSemaphore -Count 1
        { New-IpcSemaphore $semaphore.Name -Count 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcSemaphore 'a b' -Count 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-IpcSemaphore -Count -1 -ErrorAction Stop } | Should -Throw
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-IpcSemaphore -Name "pester-open-$PID" -Count 3 -OpenExisting
        New-IpcSemaphore -Name $made.Name -Count 3 -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-IpcSemaphore -Name $using:made.Name -Count 3 -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-IpcSemaphore "pester-open-$PID*").Count | Should -Be 1
        { New-IpcSemaphore -Name $made.Name -Count 3 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcSemaphore -Name $made.Name -Count 3 -Unowned -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Unowned *'
        { New-IpcSemaphore -Name $made.Name -Count 3 -Maximum 5 -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Maximum *'
        { New-IpcSemaphore -Name $made.Name -Count 3 -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
