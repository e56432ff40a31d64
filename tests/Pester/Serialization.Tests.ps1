BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
}

Describe 'ConvertTo-IpcData and ConvertFrom-IpcData' {
    It '<Name> keeps a table' -TestCases @(
        @{ Name = 'MessagePack' }
        @{ Name = 'Json' }
        @{ Name = 'CliXml' }
    ) {
        $in = [pscustomobject]@{ Name = 'n'; Count = 3; List = 1, 2 }
        $out = $in | ConvertTo-IpcData -Serializer $Name | ConvertFrom-IpcData -Serializer $Name
        $out.Name | Should -Be 'n'
        $out.Count | Should -Be 3
        $out.List | Should -Be 1, 2
    }

    It 'makes a property bag of a process' {
        $out = Get-Process -Id $PID | ConvertTo-IpcData | ConvertFrom-IpcData
        $out.Id | Should -Be $PID
        $out.pstypenames[0] | Should -Be 'Deserialized.System.Diagnostics.Process'
    }

    It 'keeps what the view of files shows' {
        $folder = New-Item -ItemType Directory "$TestDrive/shown" | ConvertTo-IpcData | ConvertFrom-IpcData
        ($folder | Format-Table | Out-String) | Should -Match 'shown'
    }

    It 'refuses what is no message' {
        { ConvertFrom-IpcData ([byte[]](193)) -ErrorAction Stop } | Should -Throw -ErrorId 'IpcCorruptData,*'
    }

    It 'lists the serializers' {
        (Get-IpcSerializer).Name | Should -Be 'MessagePack', 'Json', 'CliXml', 'Pickle', 'CStruct', 'Raw'
    }
}
