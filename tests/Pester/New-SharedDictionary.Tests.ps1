BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-SharedDictionary' {
    AfterEach { Remove-TestObject }

    It 'keeps any values by keys' {
        $d = New-SharedDictionary
        $d['a'] = 1
        $d['list'] = 1, 2, 3
        $d['object'] = [pscustomobject]@{ x = 5 }
        $d.Add('once', 'x')
        { $d.Add('once', 'y') } | Should -Throw '*already*'
        $d.Count | Should -Be 4
        $d['object'].x | Should -Be 5
        $d['missing'] | Should -BeNullOrEmpty
        $d.Remove('a') | Should -BeTrue
        $d.ContainsKey('a') | Should -BeFalse
        $d.Keys | Sort-Object | Should -Be 'list', 'object', 'once'
        $seen = foreach ($entry in $d.GetEnumerator()) { $entry.Key }
        $seen | Sort-Object | Should -Be 'list', 'object', 'once'
        (Get-SharedDictionary $d.Name)['once'] | Should -Be 'x'
    }

    It 'counts what processes update' {
        $d = New-SharedDictionary
        $d['queue'] = $q = New-IpcQueue
        $others = 1..2 | ForEach-Object {
            Start-Other { $d = $using:d; 1..100 | ForEach-Object { $i = $_; $null = $d.AddOrUpdate('n', 1, { $_ + 1 }); $d["$PID $([guid]::NewGuid())"] = $i }; Send-IpcMessage $d['queue'] 'done' }
        }
        $others | Receive-ProcessPoolTask
        $d['n'], $d.Count, $q.Count | Should -Be 200, 202, 2
        ($d.GetEnumerator() | Where-Object Key -Like '* *' | Measure-Object Value -Sum).Sum | Should -Be 10100
        Use-IpcLock $d { $d.AddOrUpdate('n', 1, { $_ * 2 }) } | Should -Be 400
        $d.Clear()
        $d.Count | Should -Be 0
    }

    It 'takes a name and a serializer, and stays when it is told to' {
        $d = New-SharedDictionary "pester-$PID" -Serializer Json -Persistent
        $d['date'] = [datetime]'2026-01-02'
        $d.Dispose()
        (Get-SharedDictionary "pester-$PID")['date'] | Should -BeOfType [string] # as Json keeps it
    }

    It 'says what it cannot make' {
        $d = New-SharedDictionary
        { New-SharedDictionary $d.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-SharedDictionary 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-SharedDictionary -Serializer none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-SharedDictionary -Name "pester-open-$PID" -OpenExisting
        New-SharedDictionary -Name $made.Name -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-SharedDictionary -Name $using:made.Name -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-SharedDictionary "pester-open-$PID*").Count | Should -Be 1
        { New-SharedDictionary -Name $made.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-SharedDictionary -Name $made.Name -Serializer Json -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Serializer *'
        { New-SharedDictionary -Name $made.Name -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
