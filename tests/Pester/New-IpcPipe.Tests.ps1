BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcPipe' {
    AfterEach { Remove-TestObject }

    It 'ends with the process that writes' {
        $pipe = New-IpcPipe
        $writer = $pipe.Writer
        $child = Start-IpcProcess { 1..5 | Send-IpcMessage $using:writer }
        Receive-IpcMessage $pipe.Reader -Wait | Measure-Object -Sum | ForEach-Object Sum | Should -Be 15
        $child | Wait-IpcProcess | Remove-IpcProcess
    }

    It 'goes both ways with -Duplex' {
        $pipe = New-IpcPipe -Duplex
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
