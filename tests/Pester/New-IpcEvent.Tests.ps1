BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcEvent' {
    AfterEach { Remove-TestObject }

    It 'makes an event that lets all go until it is reset' {
        $event = New-IpcEvent
        $event.IsSet | Should -BeFalse
        Set-IpcEvent $event
        $event.Wait(0), $event.Wait(0) | Should -Be $true, $true
    }

    It 'makes one that lets one go, set from the start' {
        $event = New-IpcEvent -AutoReset -Set
        $event.Wait(0), $event.Wait(0) | Should -Be $true, $false
    }

    It 'takes a name, and stays when it is told to' {
        $event = New-IpcEvent "pester-$PID" -Set -Persistent
        $event.Dispose()
        (Get-IpcEvent "pester-$PID").IsSet | Should -BeTrue
    }

    It 'says what it cannot make' {
        $event = New-IpcEvent
        { New-IpcEvent $event.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcEvent 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-IpcEvent -Name "pester-open-$PID" -OpenExisting
        New-IpcEvent -Name $made.Name -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-IpcEvent -Name $using:made.Name -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-IpcEvent "pester-open-$PID*").Count | Should -Be 1
        { New-IpcEvent -Name $made.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcEvent -Name $made.Name -AutoReset -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with AutoReset *'
        { New-IpcEvent -Name $made.Name -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
