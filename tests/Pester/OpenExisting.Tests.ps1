BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Objects that several scripts open or make' {
    AfterAll { Remove-TestObject }

    It 'are the same ones for all scripts that start at the same time' {
        $together = New-IpcBarrier -ParticipantCount 3
        $starters = 1..3 | ForEach-Object {
            Start-Other {
                foreach ($round in 1..10) {
                    Wait-IpcBarrier $using:together -Timeout 60
                    $queue = New-IpcQueue "pester-cron-$using:PID-$round" -OpenExisting
                    $array = New-SharedArray -InputObject (1, 2, 3) -Name "pester-cron-$using:PID-$round" -OpenExisting
                    $count = New-SharedValue "pester-cron-$using:PID-$round" 0 -OpenExisting
                    $array.Sum() # whoever opens it finds it filled
                    $null = $count.Add(1)
                    $round | Send-IpcMessage $queue
                    Wait-IpcBarrier $using:together -Timeout 60
                    $queue.Count
                    $count.Value
                    Wait-IpcBarrier $using:together -Timeout 60
                }
            }
        }
        foreach ($starter in $starters) {
            Receive-ProcessPoolTask $starter -ErrorAction Stop | Should -Be (1..10 | ForEach-Object { 6, 3, 3 })
        }
    }

    It 'end a wait for one within a moment of Ctrl+C' {
        $shell = [powershell]::Create().AddScript("Import-Module '$module'; Get-IpcQueue pester-never-$PID -Timeout 600")
        $running = $shell.BeginInvoke()
        Wait-Until { $shell.InvocationStateInfo.State -eq 'Running' }
        $shell.BeginStop($null, $null).AsyncWaitHandle.WaitOne(60000) | Should -BeTrue
        $running.AsyncWaitHandle.WaitOne(60000) | Should -BeTrue
    }

    It 'are not called another user''s own' -Skip:(-not $IsLinux -or (id -u) -ne 0) {
        $folder = (New-Item -ItemType Directory "/dev/shm/pester-other-$PID").FullName
        try {
            Set-Content "$folder/psipc.queue.theirs" 'x'
            chown 12345 "$folder/psipc.queue.theirs"
            $env:PSIPC_DIRECTORY = $folder
            $problem = { New-IpcQueue theirs -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*belongs to another user*' -PassThru
            "$problem" | Should -Not -BeLike '*Get-*'
            { New-IpcQueue theirs -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcPermissionDenied,*'
        }
        finally {
            $env:PSIPC_DIRECTORY = $null
            Remove-Item -Recurse -Force $folder
        }
    }
}
