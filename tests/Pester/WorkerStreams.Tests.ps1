BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Standard error of native commands' {
    AfterAll { Remove-TestObject }

    BeforeAll {
        $talk = $IsWindows ? { cmd /c 'echo progress>&2& echo result' } : { sh -c 'echo progress >&2; echo result' }
    }

    It 'is no terminating error under Stop' {
        $ErrorActionPreference = 'Stop'
        $output = @(Invoke-ProcessPool $talk 2>&1)
        $output | ForEach-Object { "$_" } | Sort-Object | Should -Be 'progress', 'result'
        $output | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | ForEach-Object FullyQualifiedErrorId | Should -Be 'NativeCommandError'
        Invoke-ProcessPool $talk -ErrorAction Stop 2> $null | Should -Be 'result'
        Start-IpcProcess $talk | Receive-IpcProcess -Wait 2> $null | Should -Be 'result'
        Start-ProcessPoolTask $talk | Receive-ProcessPoolTask 2> $null | Should -Be 'result'
    }

    It 'does not end a block that has set Stop itself' {
        Invoke-ProcessPool { $ErrorActionPreference = 'Stop'; & ([scriptblock]::Create($using:talk)) } 2> $null | Should -Be 'result'
    }

    It 'is hidden by SilentlyContinue, and in -ErrorVariable' {
        Invoke-ProcessPool $talk -ErrorAction SilentlyContinue -ErrorVariable text 2>&1 | Should -Be 'result'
        "$text" | Should -Be 'progress'
    }

    It 'leaves real errors terminating under Stop' {
        $ErrorActionPreference = 'Stop'
        { 1..2 | Invoke-ProcessPool { Get-Item "/no/such/item$_" } } | Should -Throw -ErrorId 'PathNotFound*'
        { Start-IpcProcess { Get-Item /no/such/item } | Receive-IpcProcess -Wait } | Should -Throw -ErrorId 'PathNotFound*'
    }
}

Describe 'Messages that a block asks for itself' {
    AfterAll { Remove-TestObject }

    BeforeAll {
        $speak = { Write-Verbose v -Verbose; Write-Debug d -Debug; Write-Information i -InformationAction Continue; Write-Verbose quiet; Write-Debug quiet; Write-Information quiet }
    }

    It 'are shown whatever the caller''s preference' {
        # At the console of a session of its own.
        $runs = '1 | Invoke-ProcessPool {{ {0} }}', 'Start-IpcProcess {{ {0} }} | Receive-IpcProcess -Wait', 'Start-ProcessPoolTask {{ {0} }} | Receive-ProcessPoolTask', '1 | Invoke-ProcessPool {{ {0} }} -Verbose:$false -Debug:$false'
        $shown = pwsh -NoProfile -NonInteractive -Command ("Import-Module '$module'; `$PSStyle.OutputRendering = 'PlainText'; " + (($runs | ForEach-Object { $_ -f $speak }) -join '; '))
        $shown | Should -Be (@('VERBOSE: v', 'DEBUG: d', 'i') * 4)
    }

    It 'can be redirected' {
        Invoke-ProcessPool $speak 4>&1 5> $null 6> $null | Should -BeOfType [Management.Automation.VerboseRecord]
        Invoke-ProcessPool $speak 4> $null 5>&1 6> $null | Should -BeOfType [Management.Automation.DebugRecord]
        Invoke-ProcessPool $speak 4> $null 5> $null 6>&1 | ForEach-Object { "$_" } | Should -Be 'i', 'quiet'
    }

    It 'leave the caller''s preferences as they are' {
        $null = Invoke-ProcessPool $speak *>&1
        Invoke-ProcessPool { Write-Verbose quiet } *>&1 | Should -BeNullOrEmpty
        $warnings = Invoke-ProcessPool { Write-Verbose v -Verbose; Write-Warning w } -WarningAction SilentlyContinue *>&1
        $warnings | Should -BeOfType [Management.Automation.VerboseRecord]
    }
}

Describe '-Debug' {
    AfterAll { Remove-TestObject }

    It 'asks nothing, with or without a terminal' {
        $commands = @'
1 | Invoke-ProcessPool { 1; Write-Verbose v -Verbose; Write-Warning w; Write-Debug d } -Debug
$q = New-IpcQueue -Debug
2 | Send-IpcMessage $q -Debug
Receive-IpcMessage $q -Debug
$q | Clear-IpcQueue -Debug
$l = New-IpcLock -Debug
Enter-IpcLock $l -Debug
Exit-IpcLock $l -Debug
$p = Start-IpcProcess { 3 } -Debug
Receive-IpcProcess $p -Wait -Debug
'@
        $output = pwsh -NoProfile -NonInteractive -Command ("Import-Module '$module'; " + $commands) 2>&1
        $output | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | Should -BeNullOrEmpty
        "$output" | Should -Not -Match 'Continue with this operation'
        $output | Where-Object { $_ -match '^\d$' } | Should -Be '1', '2', '3'
    }

    It 'gives the module''s own messages as debug messages, and -Verbose as verbose ones' {
        $output = New-IpcQueue -Debug *>&1
        $output | Where-Object { $_ -is [Management.Automation.DebugRecord] -and $_ -like 'Made queue*' } | Should -HaveCount 1
        $output | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | Should -BeNullOrEmpty
        New-IpcQueue -Debug -Verbose *>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] -and $_ -like 'Made queue*' } | Should -HaveCount 1
        New-IpcQueue -Verbose *>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] -and $_ -like 'Made queue*' } | Should -HaveCount 1
    }

    It 'of a cmdlet in a worker asks nothing' {
        Invoke-ProcessPool { Set-Item variable:x 5 -Debug; $x } 5> $null 4> $null | Should -Be 5
    }
}
