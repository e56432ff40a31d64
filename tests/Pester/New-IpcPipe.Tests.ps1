BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcPipe' {
    AfterEach { Remove-TestObject }

    It 'ends with the process that writes' {
        $pipe = New-IpcPipe
        $writer = $pipe.Writer
        $child = Start-IpcProcess { 1..5 | Send-IpcMessage $using:writer; @{ a = 6 } | Send-IpcMessage $using:writer }
        $received = @(Receive-IpcMessage $pipe.Reader -Wait)
        $received[0..4] | Should -Be (1..5)
        $received[5].a | Should -Be 6
        $pipe.IsClosed | Should -BeTrue
        $child | Wait-IpcProcess | Remove-IpcProcess
    }

    It 'goes both ways with -Duplex' {
        $pipe = New-IpcPipe -Duplex
        "$($pipe.First.End) $($pipe.Second.End) $($pipe.Reader)" | Should -Be 'First Second '
        $end = $pipe.Second
        $child = Start-IpcProcess { Receive-IpcMessage $using:end -Wait | ForEach-Object { $_ * 2 | Send-IpcMessage $using:end } }
        21 | Send-IpcMessage $pipe.First
        Receive-IpcMessage $pipe.First -Timeout 60 | Should -Be 42
        Close-IpcPipe $pipe
        $child | Wait-IpcProcess -Timeout 60 -ErrorAction Stop | ForEach-Object State | Should -Be 'Completed'
    }

    It 'is used by itself, when it goes one way' {
        $pipe = New-IpcPipe
        1..10 | Send-IpcMessage $pipe
        Receive-IpcMessage $pipe -Wait | Select-Object -First 3 | Should -Be 1, 2, 3
        Receive-IpcMessage $pipe | Should -Be 4
    }

    It 'is found by its name in another process, and gives it the end that it uses' {
        $pipe = New-IpcPipe "pester-$PID"
        $other = Start-Other { Send-IpcMessage "pester-$using:PID" $null; 'sent' }
        Receive-IpcMessage "pester-$PID" -Timeout 60 -ErrorAction Stop | Should -BeNullOrEmpty
        Receive-ProcessPoolTask $other | Should -Be 'sent'
    }

    It 'has ends that travel, in a message too, and belong to the process that uses them' {
        $queue = New-IpcQueue
        $pipe = New-IpcPipe
        $done = New-IpcEvent
        $other = Start-Other { $end = Receive-IpcMessage $using:queue; Send-IpcMessage $end @($PID, $end.OwnerId); Wait-IpcEvent $using:done }
        Send-IpcMessage $queue $pipe.Writer
        $ids = Receive-IpcMessage $pipe.Reader -Timeout 60
        $ids[1] | Should -Be $ids[0]
        $ids[1] | Should -Not -Be $PID
        { Send-IpcMessage $pipe.Writer 2 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotOwner,*'
        Set-IpcEvent $done
        Receive-ProcessPoolTask $other
        $both = New-IpcPipe -Duplex
        Send-IpcMessage $both.First 1
        $used = $both.Second
        $null = Receive-IpcMessage $used
        { Start-IpcProcess { Receive-IpcMessage $using:used } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotOwner,*' -ExpectedMessage '*was used by this process*'
    }

    It 'says that the other end is closed, or nothing comes' {
        $pipe = New-IpcPipe
        { Receive-IpcMessage $pipe -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $pipe.Writer.Close()
        { Receive-IpcMessage $pipe.Reader -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
        $pipe = New-IpcPipe
        $pipe.Reader.Close()
        { 1 | Send-IpcMessage $pipe -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }

    It 'takes a name, a capacity, a serializer and a layout' {
        $pipe = New-IpcPipe "pester-$PID" -Capacity 8KB -Serializer Json
        $pipe.Name | Should -Be "pester-$PID"
        $pipe.Writer.Capacity | Should -Be 8KB
        1 | Send-IpcMessage $pipe.Writer
        (Receive-IpcMessage $pipe.Reader -IncludeMetadata).Serializer | Should -Be 'Json'
        $structures = New-IpcPipe -Layout 'struct PesterPiped { int x; };'
        @{ x = 4 } | Send-IpcMessage $structures.Writer
        (Receive-IpcMessage $structures.Reader).x | Should -Be 4
    }

    It 'says what it cannot make' {
        $pipe = New-IpcPipe
        { New-IpcPipe $pipe.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcPipe 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-IpcPipe -Serializer none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-IpcPipe -Name "pester-open-$PID" -OpenExisting
        New-IpcPipe -Name $made.Name -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-IpcPipe -Name $using:made.Name -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-IpcPipe "pester-open-$PID*").Count | Should -Be 1
        { New-IpcPipe -Name $made.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcPipe -Name $made.Name -Capacity 8KB -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Capacity *'
        { New-IpcPipe -Name $made.Name -Duplex -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Duplex *'
        { New-IpcPipe -Name $made.Name -Serializer Json -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Serializer *'
    }
}
