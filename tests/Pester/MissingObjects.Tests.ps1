# A reference of a shared object that no longer exists does not take with it what it arrives in.

BeforeAll { . $PSScriptRoot/Setup.ps1 }

AfterAll { Remove-TestObject }

Describe 'A reference of a removed object' {
    BeforeEach { $removed = New-SharedArray -InputObject (1, 2, 3) }

    AfterEach { Remove-TestObject }

    It 'leaves the rest of a dictionary to be read' {
        $d = New-SharedDictionary
        $d['first'] = 1
        $d['array'] = $removed
        $d['last'] = 2
        Remove-SharedArray $removed
        $all = @{}
        foreach ($entry in $d.GetEnumerator()) { $all[$entry.Key] = $entry.Value }
        $all.first, $all.last | Should -Be 1, 2
        $all.array | Should -BeOfType [PSIpc.MissingIpcObject]
        "$($d['array'])" | Should -Be "missing array '$($removed.Name)'"
    }

    It 'leaves the rest of a message to be read (<_>)' -TestCases 'MessagePack', 'Json', 'CliXml', 'Pickle' {
        $q = New-IpcQueue
        $gone = New-IpcLock
        Send-IpcMessage $q @{ list = @($gone, 1); id = 7 } -Serializer $_
        Remove-IpcLock $gone
        $m = Receive-IpcMessage $q -ErrorAction Stop
        $m.id | Should -Be 7
        $m.list[1] | Should -Be 1
        $m.list[0] | Should -BeOfType [PSIpc.MissingIpcObject]
    }

    It 'is a message itself' {
        $q = New-IpcQueue
        Send-IpcMessage $q $removed
        Send-IpcMessage $q 'next'
        Remove-SharedArray $removed
        Receive-IpcMessage $q -ErrorAction Stop | Should -BeOfType [PSIpc.MissingIpcObject]
        Receive-IpcMessage $q | Should -Be 'next'
    }

    It 'leaves the rest of a result to be read' {
        $r = Invoke-ProcessPool { $a = New-SharedArray -InputObject (1, 2); $r = [pscustomobject]@{ Array = $a; Id = 7 }; Remove-SharedArray $a; $r }
        $r.Id | Should -Be 7
        $r.Array | Should -BeOfType [PSIpc.MissingIpcObject]
    }

    It 'gives IpcNotFound when it is used' {
        $q = New-IpcQueue
        Send-IpcMessage $q @{ array = $removed }
        Remove-SharedArray $removed
        $missing = (Receive-IpcMessage $q).array
        { $missing[0] } | Should -Throw "*$($removed.Name)*"
        { $missing.Length } | Should -Throw "*$($removed.Name)*"
        { $missing.Fill(1) } | Should -Throw "*$($removed.Name)*"
        { Get-SharedArray $missing -ErrorAction Stop } | Should -Throw "*$($removed.Name)*"
        { Remove-SharedArray $missing -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { 1 | Send-IpcMessage $missing -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { 1 | Invoke-ProcessPool { $using:missing } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound*'
        ($missing | Invoke-ProcessPool { $_ } 2>&1).FullyQualifiedErrorId | Should -Match '^IpcNotFound'
    }

    It 'says what it is, and travels on' {
        $q = New-IpcQueue
        Send-IpcMessage $q @{ array = $removed }
        Remove-SharedArray $removed
        $missing = (Receive-IpcMessage $q).array
        $text = $missing | Out-String -Width 300
        $text | Should -Match 'Missing'
        $text | Should -Match $removed.Name
        $text | Should -Match 'does not exist|no longer|not exist|removed'
        Send-IpcMessage $q @{ array = $missing }
        (Receive-IpcMessage $q).array.Name | Should -Be $removed.Name
    }

    It 'stands for an object in a folder that the session does not use, into which nobody looks' -Skip:(-not $IsLinux) {
        $folder = (New-Item "$TestDrive/elsewhere" -ItemType Directory).FullName
        $bytes = ConvertTo-IpcData (New-IpcQueue elsewhere-queue) Json
        $there = [Text.Encoding]::UTF8.GetString($bytes).Replace('/dev/shm', $folder)
        $there | Should -BeLike "*$folder*"
        Copy-Item /dev/shm/psipc.queue.elsewhere-queue $folder
        $missing = ConvertFrom-IpcData ([Text.Encoding]::UTF8.GetBytes($there)) -Serializer Json
        { Send-IpcMessage $missing 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcPermissionDenied,*' -ExpectedMessage "*$folder*"
    }
}
