BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-SharedMemory' {
    AfterEach { Remove-TestObject }

    It 'is read and written as bytes, values, a stream and a structure' {
        $m = New-SharedMemory -Size 1KB
        $m.WriteBytes(10, [byte[]](1, 2, 3))
        $m.ReadBytes(11, 2) | Should -Be 2, 3
        $m.Write[int](20, -7)
        (Get-SharedMemory $m.Name).Read[int](20) | Should -Be -7
        $stream = $m.OpenStream()
        $stream.Position = 10
        $stream.ReadByte() | Should -Be 1
        $stream.Length | Should -Be 1024
        $view = $m.View('struct PesterHead { int32_t width, height; };', 64)
        $view.height = 480
        $m.Read[int](68) | Should -Be 480
        { $m.ReadBytes(1020, 10) } | Should -Throw '*not in it*'
    }

    It 'is the same memory in other processes, and stays when it is told to' {
        $m = New-SharedMemory "pester-$PID" 8 -Persistent
        Start-Other { ($using:m).Write[long](0, 42) } | Receive-ProcessPoolTask
        $m.Dispose()
        (Get-SharedMemory "pester-$PID").Read[long](0) | Should -Be 42
    }

    It 'takes a number at position 0 as the size, and a text as the name' {
        (New-SharedMemory 4KB).Size | Should -Be 4096
        foreach ($size in 4KB, '4096', [long] 4096) {
            $memory = New-SharedMemory "pester-$PID" $size
            $memory.Name, $memory.Size | Should -Be "pester-$PID", 4096
            Remove-SharedMemory $memory
        }
    }

    It 'says what it cannot make' {
        $m = New-SharedMemory -Size 1
        { New-SharedMemory $m.Name -Size 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-SharedMemory 'a b' -Size 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-SharedMemory -Size 1PB -ErrorAction Stop } | Should -Throw -ErrorId 'IpcOutOfMemory,*'
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-SharedMemory -Name "pester-open-$PID" -Size 100 -OpenExisting
        New-SharedMemory -Name $made.Name -Size 100 -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-SharedMemory -Name $using:made.Name -Size 100 -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-SharedMemory "pester-open-$PID*").Count | Should -Be 1
        { New-SharedMemory -Name $made.Name -Size 100 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-SharedMemory -Name $made.Name -Size 200 -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Size *'
        { New-SharedMemory -Name $made.Name -Size 100 -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
