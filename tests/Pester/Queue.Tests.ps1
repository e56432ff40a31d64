BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
}

Describe 'Queues' {
    BeforeEach { $q = New-IpcQueue }
    AfterEach { Remove-IpcQueue $q -ErrorAction Ignore }

    It 'passes objects in order' {
        1, 'two', 3.5, $null | Send-IpcMessage $q
        $out = @(Receive-IpcMessage $q -Available)
        $out.Count | Should -Be 4
        $out[1] | Should -BeExactly 'two'
        $out[2] | Should -BeOfType double
        $out[3] | Should -BeNullOrEmpty
    }

    It 'is found by name and by wildcard' {
        (Get-IpcQueue $q.Name).Name | Should -Be $q.Name
        Get-IpcQueue "$($q.Name)*" | Should -HaveCount 1
        { Get-IpcQueue no-such-queue -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It 'times out with a non-terminating error' {
        Receive-IpcMessage $q -Timeout 0.1 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'IpcTimeout,*'
        $problem[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
    }

    It 'ends -Wait when it is closed and drained' {
        1..3 | Send-IpcMessage $q
        Close-IpcQueue $q
        Receive-IpcMessage $q -Wait | Should -Be 1, 2, 3
        { Send-IpcMessage $q 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }

    It 'stops after Select-Object -First, and keeps the rest' {
        1..10 | Send-IpcMessage $q
        Receive-IpcMessage $q -Wait | Select-Object -First 3 | Should -Be 1, 2, 3
        $q.Count | Should -Be 7
    }

    It 'takes a TimeSpan and a number of seconds' {
        { Receive-IpcMessage $q -Timeout (New-TimeSpan -Seconds 0) -ErrorAction Stop } | Should -Throw
        { Receive-IpcMessage $q -Timeout 'soon' } | Should -Throw
    }

    It 'does nothing with -WhatIf' {
        Send-IpcMessage $q 1
        Clear-IpcQueue $q -WhatIf
        $q.Count | Should -Be 1
    }

    It 'has a table view' {
        $q | Format-Table | Out-String | Should -Match 'Name +Count +Bytes +Capacity'
    }
}

Describe 'Objects' {
    It 'lists who has what open' {
        $q = New-IpcQueue
        $o = Get-IpcObject $q.Name
        $o.Kind | Should -Be 'Queue'
        $o.AttachedProcesses | Should -Contain $PID
        Remove-IpcObject $q.Name
        Get-IpcObject "$($q.Name)*" | Should -BeNullOrEmpty
    }
}
