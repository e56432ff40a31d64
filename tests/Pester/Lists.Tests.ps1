BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Lists of the module''s objects' {
    AfterAll { Remove-TestObject }

    It 'are indexed from both ends, counted, enumerated and shown' {
        $struct = New-CStruct 'struct PesterListed { int32_t x; double y; char name[16]; };'
        $struct.Fields.Count | Should -Be 3
        $struct.Fields[1].Name | Should -Be 'y'
        $struct.Fields[-1].Name | Should -Be 'name'
        $struct.Fields[0, 2].Name | Should -Be 'x', 'name'
        ($struct.Fields | ForEach-Object Name) -join ' ' | Should -Be 'x y name'
        ($struct.Fields | Format-Table | Out-String) | Should -Match '(?s)x +int32_t.*y +double.*name +char'
        (New-CStruct 'struct PesterListedOne { int32_t only; };').Fields[0].Name | Should -Be 'only'
    }

    It 'are so for <name>' -ForEach @(
        @{ name = 'the shape of an array'; list = { (New-SharedArray -Shape 3, 4).Shape }; expected = 3, 4 }
        @{ name = 'the keys of a dictionary'; list = { $d = New-SharedDictionary; $d['k'] = 1; $d.Keys }; expected = @('k') }
        @{ name = 'the processes that have an object open'; list = { $q = New-IpcQueue; (Get-IpcObject $q.Name).AttachedProcesses }; expected = @($PID) }
        @{ name = 'the processes that hold a lock'; list = { $l = New-IpcLock; $l.Enter(); (Get-IpcObject $l.Name).HolderProcesses }; expected = @($PID) }
        @{ name = 'the keys of what was a dict in Python'; list = { [PSIpc.PythonDict]$d = ConvertFrom-IpcData ([byte[]](0x80, 4, 0x7d, 0x28, 0x4b, 1, 0x4b, 2, 0x4b, 3, 0x4b, 4, 0x75, 0x2e)) -Serializer Pickle; , $d.Keys }; expected = 1, 3 }
    ) {
        $values = & $list
        $values.Count | Should -Be $expected.Count
        $values[0] | Should -Be $expected[0]
        $values[-1] | Should -Be $expected[-1]
        @($values) | Should -Be $expected
    }

    It 'are so for the workers of a pool' {
        $pool = New-ProcessPool -WorkerCount 2
        1..4 | Invoke-ProcessPool { $_ } -Pool $pool | Should -Be (1..4)
        $pool.Workers.Count | Should -Be 2
        $pool.Workers[-1].ProcessId | Should -BeGreaterThan 0
        ($pool.Workers | Format-Table | Out-String) | Should -Match $pool.Workers[1].ProcessId
    }

    It 'are declared as types that PowerShell can index, in all public classes' {
        function Test-Indexable([type] $Type) {
            if ($Type.IsArray -or [Collections.IList].IsAssignableFrom($Type) -or [Collections.IDictionary].IsAssignableFrom($Type)) { return $true }
            if ($Type.IsGenericType -and $Type.GetGenericTypeDefinition() -eq [Collections.Generic.IList`1]) { return $true }
            $Type.IsClass -and $Type.IsPublic -and $Type.GetProperties().Where({ $_.GetIndexParameters().Count }) # its own indexer
        }
        function Test-List([type] $Type) { $Type -ne [string] -and [Collections.IEnumerable].IsAssignableFrom($Type) }
        $assemblies = [PSIpc.IpcQueue].Assembly, [PSIpc.Core.IpcException].Assembly
        $wrong = foreach ($type in $assemblies.GetExportedTypes()) {
            if ([Management.Automation.Cmdlet].IsAssignableFrom($type) -or [Management.Automation.IArgumentCompleter].IsAssignableFrom($type)) { continue }
            foreach ($property in $type.GetProperties()) {
                # Keys and Values of an IDictionary are ICollection by its definition.
                $isOfDictionary = [Collections.IDictionary].IsAssignableFrom($type) -and $property.Name -in 'Keys', 'Values'
                if ($property.DeclaringType.Assembly -in $assemblies -and (Test-List $property.PropertyType) -and -not $isOfDictionary -and -not (Test-Indexable $property.PropertyType)) {
                    "$($type.Name).$($property.Name): $($property.PropertyType)"
                }
            }
            foreach ($method in $type.GetMethods()) {
                if ($method.DeclaringType.Assembly -in $assemblies -and -not $method.IsSpecialName -and (Test-List $method.ReturnType) -and -not (Test-Indexable $method.ReturnType)) {
                    "$($type.Name).$($method.Name)(): $($method.ReturnType)"
                }
            }
        }
        $wrong | Should -BeNullOrEmpty
    }
}
