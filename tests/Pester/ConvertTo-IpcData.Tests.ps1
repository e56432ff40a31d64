BeforeDiscovery { . $PSScriptRoot/Setup.ps1 }

BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'ConvertTo-IpcData' {
    AfterEach { Remove-TestObject }

    It 'gives bytes for each object' {
        $all = @(1, 'two', $null | ConvertTo-IpcData)
        $all | Should -HaveCount 3
        $all[0].GetType() | Should -Be ([byte[]])
        [Text.Encoding]::UTF8.GetString((ConvertTo-IpcData @(1, 'two', $null) -Serializer Json)) | Should -Be '[1,"two",null]'
    }

    It 'writes C structures by a layout' {
        (ConvertTo-IpcData @{ id = 1; value = 2.5 } -Layout 'struct PesterSample { int32_t id; double value; };').Length | Should -Be 16
    }

    It 'goes no deeper than it is told to' {
        $deep = @{ a = @{ b = @{ c = 1 } } }
        { ConvertTo-IpcData $deep -Depth 2 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization,*'
        (ConvertTo-IpcData $deep -Depth 4).Length | Should -BeGreaterThan 0
    }

    It 'is read by Python and back, protocol <_>' -TestCases 2, 3, 4, 5 -Skip:(-not $python) {
        $file = Join-Path $TestDrive 'data'
        [IO.File]::WriteAllBytes($file, (ConvertTo-IpcData @{ n = 1, 2.5; s = 'ä'; b = [byte[]](1, 2) } Pickle -Protocol $_))
        $child = Start-Python "import pickle, sys; v = pickle.load(open(sys.argv[1], 'rb')); v['t'] = (v['n'], None); open(sys.argv[1], 'wb').write(pickle.dumps(v, $_))" $file
        $child.WaitForExit()
        $out = ConvertFrom-IpcData ([IO.File]::ReadAllBytes($file)) Pickle
        $out.n | Should -Be 1, 2.5
        $out.b | Should -Be 1, 2
        $out.t.Count | Should -Be 2
    }

    It 'writes NumPy arrays into pickles' {
        $bytes = ConvertTo-IpcData ([double[]](1, 2)) Pickle -NumPy
        [Text.Encoding]::ASCII.GetString($bytes) | Should -Match 'numpy'
        (ConvertFrom-IpcData $bytes Pickle).GetType() | Should -Be ([double[]])
    }

    It 'writes secrets only with -AllowSecret' {
        $secret = [securestring]::new()
        'hidden'.ToCharArray() | ForEach-Object { $secret.AppendChar($_) }
        { ConvertTo-IpcData $secret -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization,*'
        (ConvertTo-IpcData $secret -AllowSecret | ConvertFrom-IpcData).Length | Should -Be 6
    }

    It 'says what it cannot write' {
        { ConvertTo-IpcData 1 none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { ConvertTo-IpcData 1 Json -NumPy -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
        { ConvertTo-IpcData 1 Json -Layout 'struct PesterSample { int x; };' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
        { ConvertTo-IpcData 1 -Layout 'struct {' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidDeclaration,*'
        { ConvertTo-IpcData 1 Raw -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization,*'
    }

    It 'changes nothing of what it is given (<Serializer>, <Kind>)' -TestCases $(
        foreach ($serializer in 'MessagePack', 'Json', 'CliXml', 'Pickle') {
            @{ Serializer = $serializer; Kind = 'error'; Make = { try { Get-Item /nope -ErrorAction Stop } catch { $_ } } }
            @{ Serializer = $serializer; Kind = 'exception'; Make = { try { Get-Item /nope -ErrorAction Stop } catch { $_.Exception } } }
            @{ Serializer = $serializer; Kind = 'invocation'; Make = { try { Get-Item /nope -ErrorAction Stop } catch { $_.InvocationInfo } } }
            @{ Serializer = $serializer; Kind = 'warning'; Make = { Write-Warning 'w' 3>&1 } }
            @{ Serializer = $serializer; Kind = 'file'; Make = { Get-Item $PSHOME } }
            @{ Serializer = $serializer; Kind = 'process'; Make = { Get-Process -Id $PID } }
            @{ Serializer = $serializer; Kind = 'custom object'; Make = { [pscustomobject]@{ PSTypeName = 'Pester.Thing'; Name = 'n'; List = 1, 2 } } }
        }
    ) {
        # Also inside other objects, and what an error leads to.
        function Get-Shape($Value) {
            foreach ($v in @($Value, $Value.InvocationInfo, $Value.Exception, $Value.ErrorRecord, $Value.Exception.ErrorRecord) -ne $null) {
                "$($v.GetType()): $($v.psobject.TypeNames): $(@($v.psobject.Members | Where-Object IsInstance).Name)"
            }
        }
        $in = & $Make
        $before = Get-Shape $in
        $null = ConvertTo-IpcData $in -Serializer $Serializer -ErrorAction Ignore
        $null = ConvertTo-IpcData @{ value = @($in) } -Serializer $Serializer -ErrorAction Ignore
        $null = ConvertTo-IpcData ([pscustomobject]@{ Value = $in }) -Serializer $Serializer -ErrorAction Ignore
        Get-Shape $in | Should -Be $before
    }

    It 'writes an error into CliXml as Export-Clixml does' {
        try { Get-Item /nope -ErrorAction Stop } catch { $in = $_ }
        $out = ConvertTo-IpcData $in CliXml | ConvertFrom-IpcData -Serializer CliXml
        $out.FullyQualifiedErrorId | Should -Be $in.FullyQualifiedErrorId
        $out.pstypenames[0] | Should -Be 'Deserialized.System.Management.Automation.ErrorRecord'
    }
}
