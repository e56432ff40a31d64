BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
}

Describe 'Shared arrays' {
    It 'are read and written by index, by slice and in the pipeline' {
        $a = New-SharedArray -Shape 2, 3 -Type Int32
        $a[1, 2] = 7
        $a[0] = 1, 2, 3
        $a[-1, -1] | Should -Be 7
        $a.Sum() | Should -Be 13
        ($a | Measure-Object -Sum).Sum | Should -Be 13
        $a | Select-Object -First 2 | Should -Be 1, 2
        (Get-SharedArray $a.Name -ReadOnly).IsReadOnly | Should -BeTrue
        { $a[2, 0] = 1 } | Should -Throw '*out of range*'
        Remove-SharedArray $a
        { Get-SharedArray $a.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It 'show one row and not a million' {
        $text = New-SharedArray shown -Length 1000000 | Out-String
        $text | Should -Match 'shown'
        ($text -split "`n").Count | Should -BeLessThan 10
        Remove-SharedArray shown
    }

    It 'throw for a read out of range in strict mode' {
        $a = New-SharedArray -Length 2
        { Set-StrictMode -Version 3; $a[2] } | Should -Throw '*out of range*'
        Remove-SharedArray $a
    }
}

Describe 'Shared values' {
    It 'count what jobs of other processes add' {
        $v = New-SharedValue -Value 0 -Type Int64
        $jobs = 1..2 | ForEach-Object { Start-IpcProcess { 1..500 | ForEach-Object { $null = ($using:v).Add(1) }; 1..50 | ForEach-Object { Update-SharedValue $using:v { $_ + 1 } } } }
        $jobs | Wait-IpcProcess | Receive-IpcProcess
        $jobs | Remove-IpcProcess
        $v.Value | Should -Be 1100
        Remove-SharedValue $v
    }
}

Describe 'Barriers and conditions' {
    It 'let processes go on together' {
        $barrier = New-IpcBarrier -ParticipantCount 2
        $condition = New-IpcCondition
        $ready = New-SharedValue -Value 0
        $job = Start-IpcProcess {
            Wait-IpcBarrier $using:barrier
            Use-IpcLock $using:condition { ($using:ready).Value = 1; Set-IpcCondition $using:condition }
        }
        Wait-IpcBarrier $barrier -Timeout 60
        Wait-IpcCondition $condition { $ready.Value -eq 1 } -Timeout 60
        $ready.Value | Should -Be 1
        $job | Wait-IpcProcess | Remove-IpcProcess
        Remove-IpcBarrier $barrier
        Remove-IpcCondition $condition
        Remove-SharedValue $ready
    }
}
