BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcQueue' {
    AfterEach { Remove-TestObject }

    It 'makes a queue by the name given, or by one of its own' {
        (New-IpcQueue "pester-$PID").Name | Should -Be "pester-$PID"
        (New-IpcQueue).Name | Should -Match '^queue-\w+$'
    }

    It 'passes objects in order' {
        $q = New-IpcQueue
        1, 'two', 3.5, $null | Send-IpcMessage $q
        $out = @(Receive-IpcMessage $q -Available)
        $out.Count | Should -Be 4
        $out[1] | Should -BeExactly 'two'
        $out[2] | Should -BeOfType double
        $out[3] | Should -BeNullOrEmpty
    }

    It 'has the capacity, the most messages and the serializer that it is given' {
        $q = New-IpcQueue -Capacity 5000 -MaxCount 2 -Serializer Json
        $q.Capacity | Should -Be 8192
        $q.MaxCount | Should -Be 2
        $q.Serializer | Should -Be 'Json'
        1..2 | Send-IpcMessage $q
        $q.TrySend(3) | Should -BeFalse
    }

    It 'writes C structures by the layout that it is given' {
        $q = New-IpcQueue -Layout 'struct PesterQueued { int32_t x; double y; };'
        Send-IpcMessage $q @{ x = 1; y = 2.5 }
        $message = Receive-IpcMessage $q -IncludeMetadata
        $message.Serializer | Should -Be 'CStruct'
        $message.Body.y | Should -Be 2.5
    }

    It 'goes with its last process, unless it is persistent' {
        $gone = New-IpcQueue
        $kept = New-IpcQueue -Persistent
        1 | Send-IpcMessage $kept
        $gone, $kept | ForEach-Object Dispose
        Get-IpcObject "$($gone.Name)*" | Should -BeNullOrEmpty
        (Get-IpcObject $kept.Name -Orphaned).IsPersistent | Should -BeTrue
        Receive-IpcMessage $kept.Name | Should -Be 1
    }

    It 'gives what a killed receiver had not confirmed to another' {
        $q = New-IpcQueue -RequireConfirmation
        1..2 | Send-IpcMessage $q
        $worker = Start-Other { Receive-IpcMessage $using:q; Start-Sleep 60 }
        Wait-Until { $q.Count -eq 1 }
        Stop-Other $worker
        $again = Receive-IpcMessage $q -Count 2 -Timeout 60
        $again.Body | Should -Be 1, 2
        $again.Redelivered | Should -Be $true, $false
        $again | Confirm-IpcMessage
        Wait-IpcQueue $q -Timeout 60
    }

    It 'says what it cannot make' {
        $q = New-IpcQueue
        { New-IpcQueue $q.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcQueue 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-IpcQueue -Capacity 1PB } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
        { New-IpcQueue -Serializer none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { New-IpcQueue -Layout 'struct {' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidDeclaration,*'
        { New-IpcQueue -Layout 'struct PesterQueued { int x; };' -Serializer Json -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
    }

    It 'has a table view' {
        New-IpcQueue | Format-Table | Out-String | Should -Match 'Name +Count +Bytes +Capacity'
    }

    It 'wants a server that the session is connected to' {
        { New-IpcQueue any-name -Server no-such-server -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-IpcQueue -Name "pester-open-$PID" -OpenExisting
        New-IpcQueue -Name $made.Name -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-IpcQueue -Name $using:made.Name -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-IpcQueue "pester-open-$PID*").Count | Should -Be 1
        { New-IpcQueue -Name $made.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcQueue -Name $made.Name -Capacity 8KB -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Capacity *'
        { New-IpcQueue -Name $made.Name -MaxCount 3 -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with MaxCount *'
        { New-IpcQueue -Name $made.Name -RequireConfirmation -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with RequireConfirmation *'
        { New-IpcQueue -Name $made.Name -Serializer Json -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Serializer *'
        { New-IpcQueue -Name $made.Name -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
