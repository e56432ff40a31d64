BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Remove-SharedMemory' {
    AfterEach { Remove-TestObject }

    It 'removes by object, by name and from the pipeline' {
        $a, $b, $c, $d = 1..4 | ForEach-Object { New-SharedMemory -Size 100 }
        Remove-SharedMemory $a, $b
        Remove-SharedMemory -InputObject $c.Name
        $d | Remove-SharedMemory -Confirm:$false
        Get-SharedMemory | Where-Object Name -in $a.Name, $b.Name, $c.Name, $d.Name | Should -BeNullOrEmpty
    }

    It 'only says so with -WhatIf' {
        $memory = New-SharedMemory -Size 100
        Remove-SharedMemory $memory -WhatIf
        Get-SharedMemory $memory.Name | Should -HaveCount 1
    }

    It 'says what it cannot remove' {
        { Remove-SharedMemory no-such-memory -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Remove-SharedMemory 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
