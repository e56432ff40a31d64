BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Update-SharedValue' {
    AfterEach { Remove-TestObject }

    It 'counts what several processes add' {
        $v = New-SharedValue -Value 0 -Type Int64
        $others = 1..2 | ForEach-Object { Start-Other { 1..500 | ForEach-Object { $null = ($using:v).Add(1) }; 1..50 | ForEach-Object { Update-SharedValue $using:v { $_ + 1 } } } }
        $others | Receive-ProcessPoolTask
        $v.Value | Should -Be 1100
    }

    It 'gives what it stored with -PassThru, and only says so with -WhatIf' {
        $v = New-SharedValue -Value 4
        Update-SharedValue $v { $_ * 3 } -PassThru | Should -Be 12
        Update-SharedValue $v { 1 } -WhatIf
        $v | Update-SharedValue -ScriptBlock { $_ + 1 } -Confirm:$false
        $v.Value | Should -Be 13
        $s = New-SharedValue -Type 'struct PesterSize { int32_t w, h; };' -Value @{ w = 2; h = 3 }
        Update-SharedValue $s { $_.w *= 10; $_ }
        $s.Value.w | Should -Be 20
    }

    It 'waits for the lock, and takes it over from a killed process' {
        $v = New-SharedValue -Value 1
        $other = Start-Other { Enter-IpcLock $using:v; Start-Sleep 60 }
        Wait-Until { $v.Lock.IsHeld }
        { Update-SharedValue $v { 2 } -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        Stop-Other $other
        Update-SharedValue $v { $_ + 1 } -Timeout 60 -WarningVariable warning -WarningAction SilentlyContinue
        $warning | Should -Not -BeNullOrEmpty
        $v.Value | Should -Be 2
    }

    It 'says what it cannot update' {
        $v = New-SharedValue -Value 1
        { Update-SharedValue $v { 1; 2 } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { Update-SharedValue $v { throw 'no' } -ErrorAction Stop } | Should -Throw 'no'
        $v.Value | Should -Be 1
        $v.Lock.IsHeld | Should -BeFalse
        { Update-SharedValue no-such-value { 1 } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
