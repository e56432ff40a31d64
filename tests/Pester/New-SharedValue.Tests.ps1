BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-SharedValue' {
    AfterEach { Remove-TestObject }

    It 'has a type, atomic operations and a view' {
        $v = New-SharedValue -Value 5 -Type Int32
        $v.Add(2) | Should -Be 7
        $v.Exchange(1) | Should -Be 7
        $v.CompareExchange(9, 1) | Should -Be 1
        $v.CompareExchange(3, 1) | Should -Be 9
        { $v.Value = 'x' } | Should -Throw
        { $v.Add([int]::MaxValue) } | Should -Throw
        ($v | Format-Table | Out-String) | Should -Match 'Int32 +9'
    }

    It 'takes a name and a value by position, and stays when it is told to' {
        $v = New-SharedValue "pester-$PID" 1.5 -Persistent
        $v.Dispose()
        (Get-SharedValue "pester-$PID").Value | Should -Be 1.5
    }

    It 'can be a text or a structure' {
        $t = New-SharedValue -Value 'one' -Capacity 5
        $t.Value = 'drei'
        { $t.Value = 'sieben' } | Should -Throw '*Capacity*'
        $t.Value | Should -BeExactly 'drei'
        $s = New-SharedValue -Type 'struct PesterSize { int32_t w, h; };' -Value @{ w = 2; h = 3 }
        $s.Value.h | Should -Be 3
    }

    It 'says what it cannot make' {
        $v = New-SharedValue -Value 1
        { New-SharedValue $v.Name -Value 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-SharedValue 'a b' -Value 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-SharedValue -Value 1 -Type nonsense -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { New-SharedValue -Value 'text' -Type Int32 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { New-SharedValue -Type 'struct {' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidDeclaration,*'
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-SharedValue -Name "pester-open-$PID" -Value 5 -OpenExisting
        New-SharedValue -Name $made.Name -Value 5 -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-SharedValue -Name $using:made.Name -Value 5 -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-SharedValue "pester-open-$PID*").Count | Should -Be 1
        { New-SharedValue -Name $made.Name -Value 5 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-SharedValue -Name $made.Name -Type Double -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Type *'
        { New-SharedValue -Name $made.Name -Value 5 -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
