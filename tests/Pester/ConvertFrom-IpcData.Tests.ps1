BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'ConvertFrom-IpcData' {
    AfterEach { Remove-TestObject }

    It 'reads what <_> wrote' -ForEach 'MessagePack', 'Json', 'CliXml', 'Pickle' {
        $in = [pscustomobject]@{ Name = 'n'; Count = 3; List = 1, 2 }
        $out = $in | ConvertTo-IpcData -Serializer $_ | ConvertFrom-IpcData -Serializer $_
        $out.Name | Should -Be 'n'
        $out.Count | Should -Be 3
        $out.List | Should -Be 1, 2
    }

    It 'takes single bytes from the pipeline together' {
        $bytes = [byte[]](1, 2, 3, 4) | ConvertFrom-IpcData -Serializer Raw
        $bytes | Should -Be 1, 2, 3, 4
        ConvertTo-IpcData 'text' | ForEach-Object { $_ } | ConvertFrom-IpcData | Should -Be 'text'
    }

    It 'makes a property bag of a process, and keeps what the view of files shows' {
        $out = Get-Process -Id $PID | ConvertTo-IpcData | ConvertFrom-IpcData
        $out.Id | Should -Be $PID
        $out.pstypenames[0] | Should -Be 'Deserialized.System.Diagnostics.Process'
        $folder = New-Item -ItemType Directory "$TestDrive/shown" | ConvertTo-IpcData | ConvertFrom-IpcData
        ($folder | Format-Table | Out-String) | Should -Match 'shown'
    }

    It 'keeps order and identity of a pickle' {
        $shared = [ordered]@{ z = 1; a = 2 }
        $out = ConvertFrom-IpcData (ConvertTo-IpcData @($shared, $shared, 1.5d, [guid]::Empty) Pickle) Pickle
        [object]::ReferenceEquals($out[0], $out[1]) | Should -BeTrue
        @($out[0].Keys) | Should -Be 'z', 'a'
        $out[2] | Should -BeOfType [decimal]
        $out[3] | Should -BeOfType [guid]
    }

    It 'reads hashtables and structures when it is told to' {
        ConvertFrom-IpcData ([Text.Encoding]::UTF8.GetBytes('{ "a": 1 }')) -Serializer Json -AsHashtable | Should -BeOfType [hashtable]
        (ConvertFrom-IpcData ([byte[]](1, 2, 3, 4)) -Layout 'struct PesterPair { uint8_t a, b; };')[1].b | Should -Be 4
    }

    It 'refuses what is not data, and runs nothing' {
        $exploit = [Text.Encoding]::ASCII.GetBytes("cos`nsystem`n(S'true'`ntR.")
        { ConvertFrom-IpcData $exploit Pickle -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTypeNotAllowed,*' -ExpectedMessage '*os.system*'
        (ConvertFrom-IpcData $exploit Pickle -AllowUnknown).pstypenames | Should -Contain 'os.system'
        { ConvertFrom-IpcData ([byte[]](193)) -ErrorAction Stop } | Should -Throw -ErrorId 'IpcCorruptData,*'
        { ConvertFrom-IpcData ([byte[]](1)) none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }
}
