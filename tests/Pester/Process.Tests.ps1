BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
}

Describe 'Processes' {
    AfterEach { Get-IpcProcess | Remove-IpcProcess -Force }

    It 'bring arguments and using values along' {
        $text = 'outer'
        $p = Start-IpcProcess { param($x) "$x $using:text"; $PID } -ArgumentList 'a'
        $out = $p | Receive-IpcProcess -Wait
        $out[0] | Should -Be 'a outer'
        $out[1] | Should -Be $p.Id
    }

    It 'give every stream back' {
        $p = Start-IpcProcess {
            Write-Output 1
            Write-Warning 'w'
            Write-Verbose 'v' -Verbose
            Write-Debug 'd' -Debug
            Write-Host 'h'
            Write-Error 'e'
        } | Wait-IpcProcess
        $DebugPreference = 'Continue' # -Debug would ask
        $all = $p | Receive-IpcProcess -Verbose *>&1
        $all | Where-Object { $_ -is [System.Management.Automation.WarningRecord] } | Should -HaveCount 1
        $all | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | Should -HaveCount 1
        $all | Where-Object { $_ -is [System.Management.Automation.DebugRecord] } | Should -HaveCount 1
        $all | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | Should -HaveCount 1
        "$($all | Where-Object { $_ -is [System.Management.Automation.InformationRecord] })" | Should -Be 'h'
        $all | Where-Object { $_ -is [int] } | Should -Be 1
    }

    It 'are jobs' {
        $p = Start-IpcProcess -Name job { 'x' }
        (Get-Job -Name job).Id | Should -Be $p.Id
        $p | Wait-Job | Receive-Job | Should -Be 'x'
        $s = Start-IpcProcess { Start-Sleep 60 }
        $s | Stop-Job
        $s.State | Should -Be 'Stopped'
    }

    It 'say how they ended' {
        $p = Start-IpcProcess { exit 3 } | Wait-IpcProcess
        $p.ExitCode | Should -Be 3
        $k = Start-IpcProcess { Start-Sleep 60 }
        Stop-IpcProcess $k -Force
        $k.End | Should -Be 'Killed'
        $k.IsAlive | Should -BeFalse
    }

    It 'pass live queues through queues' {
        $requests = New-IpcQueue
        $answers = New-IpcQueue
        $null = Start-IpcProcess { $a = Receive-IpcMessage $using:requests; Send-IpcMessage $a 'hello' }
        Send-IpcMessage $requests $answers
        Receive-IpcMessage $answers -Timeout 60 | Should -Be 'hello'
        Remove-IpcQueue $requests, $answers
    }
}
