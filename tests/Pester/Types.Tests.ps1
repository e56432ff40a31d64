BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Types' {
    AfterAll { Remove-TestObject }

    Context 'What Start-Job gives alive' {
        It 'arrives alive by $using: behind a path: XML, addresses, cultures' {
            $h = @{ config = [xml] '<app><db host="db1"/></app>'; ip = [ipaddress] '192.0.2.1'; mail = [mailaddress] 'a@example.org'; culture = [cultureinfo] 'de-DE' }
            $config = $h.config
            Invoke-ProcessPool {
                ($using:config).app.db.host; ($using:h.config).app.db.host
                ($using:h.ip).AddressFamily; ($using:h.mail).Host; (1.5).ToString($using:h.culture)
            } | Should -Be 'db1', 'db1', 'InterNetwork', 'example.org', '1,5'
        }

        It 'arrives alive as item and result: <name>' -ForEach @(
            @{ name = 'XmlDocument'; value = [xml] '<a><b>1</b></a>' }
            @{ name = 'XmlElement'; value = ([xml] '<a><b>1</b></a>').DocumentElement }
            @{ name = 'IPAddress'; value = [ipaddress] 'fe80::1%3' }
            @{ name = 'MailAddress'; value = [mailaddress] 'a@example.org' }
            @{ name = 'CultureInfo'; value = [cultureinfo] 'de-DE' }
            @{ name = 'SwitchParameter'; value = [switch] $true }
            @{ name = 'SemanticVersion'; value = [semver] '1.2.3-rc.1' }
            @{ name = 'PSPrimitiveDictionary'; value = [Management.Automation.PSPrimitiveDictionary] @{ a = 1 } }
            @{ name = 'PSSessionOption'; value = New-PSSessionOption }
            @{ name = 'DBNull'; value = [DBNull]::Value }
            @{ name = 'DateOnly'; value = [dateonly] '2026-01-02' }
            @{ name = 'TimeOnly'; value = [timeonly] '12:30' }
            @{ name = 'Half'; value = [half] 1.5 }
            @{ name = 'Int128'; value = [Int128]::MaxValue }
            @{ name = 'UInt128'; value = [UInt128]::MaxValue }
            @{ name = 'BigInteger'; value = [bigint]::Pow(10, 40) }
            @{ name = 'Complex'; value = [Numerics.Complex]::new(1, 2) }
            @{ name = 'Regex'; value = [regex]::new('a+', 'IgnoreCase') }
            @{ name = 'StringBuilder'; value = [Text.StringBuilder]::new('x') }
            @{ name = 'IPEndPoint'; value = [Net.IPEndPoint]::new([ipaddress]::IPv6Loopback, 80) }
            @{ name = 'Tuple`2'; value = [tuple]::Create(1, 'a') }
            @{ name = 'ValueTuple`2'; value = [ValueTuple]::Create(1, 'a') }
        ) {
            $seen, $back = Invoke-ProcessPool -InputObject $value { $_.GetType().Name; $_ }
            $seen | Should -BeExactly $name
            $back.GetType() | Should -Be $value.GetType()
            "$back" | Should -BeExactly "$value"
        }

        It 'arrives alive: module specifications' {
            $module = [Microsoft.PowerShell.Commands.ModuleSpecification] 'abc'
            $back = $module | Invoke-ProcessPool { $_ }
            $back | Should -BeOfType ($module.GetType())
            $back.Name | Should -Be 'abc'
        }

        It 'arrives alive: certificates, without their private key' {
            $key = [Security.Cryptography.RSA]::Create(2048)
            $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=test', $key, 'SHA256', [Security.Cryptography.RSASignaturePadding]::Pkcs1)
            $certificate = $request.CreateSelfSigned([datetimeoffset]::Now, [datetimeoffset]::Now.AddDays(1))
            Invoke-ProcessPool { ($using:certificate).Thumbprint; ($using:certificate).HasPrivateKey } | Should -Be $certificate.Thumbprint, $false
        }
    }

    Context 'Data tables' {
        BeforeAll {
            $table = [Data.DataTable]::new('people')
            $null = $table.Columns.Add('id', [int]), $table.Columns.Add('name', [string]), $table.Rows.Add(1, 'a'), $table.Rows.Add(2, [DBNull]::Value)
            $table.PrimaryKey = $table.Columns[0]
        }

        It 'arrive with columns, key and values' {
            Invoke-ProcessPool { ($using:table).Columns[0].DataType.Name; ($using:table).Rows.Find(1).name; ($using:table).Rows[1].name -is [DBNull] } | Should -Be 'Int32', 'a', $true
        }

        It 'arrive row by row' {
            $table | Invoke-ProcessPool { "$($_.GetType().Name) $($_.id) $($_.name)" } | Should -Be 'DataRow 1 a', 'DataRow 2 '
        }

        It 'arrive in sets' {
            $set = [Data.DataSet]::new('all')
            $set.Tables.Add($table.Copy())
            Invoke-ProcessPool { ($using:set).Tables['people'].Rows.Count } | Should -Be 2
        }

        It 'are rows by their columns in JSON' {
            [Text.Encoding]::UTF8.GetString((ConvertTo-IpcData -InputObject $table Json)) | Should -Be '[{"id":1,"name":"a"},{"id":2,"name":null}]'
        }
    }

    Context 'Collections' {
        It 'arrive with their element types, and work' {
            $h = @{
                list = [Collections.Generic.List[int]] (1, 2); set = [Collections.Generic.HashSet[string]]::new([string[]] 'a', [StringComparer]::OrdinalIgnoreCase)
                dictionary = [Collections.Generic.Dictionary[string, int]]::new([StringComparer]::OrdinalIgnoreCase); bag = [Collections.Concurrent.ConcurrentBag[int]]::new([int[]] (1, 2, 3))
                stack = [Collections.Generic.Stack[int]]::new([int[]] (1, 2, 3)); nested = [Collections.Generic.Dictionary[string, Collections.Generic.List[datetime]]]::new()
                jagged = [int[][]] (@(1, 2), @(3)); grid = [string[, ]]::new(2, 3); days = [DayOfWeek[]] ('Monday', 'Friday'); array = [Collections.ArrayList] (1, 'b')
            }
            $h.dictionary['key'] = 5
            $h.nested['x'] = [datetime[]] '2026-01-02'
            $h.grid[1, 2] = 'z'
            Invoke-ProcessPool {
                $list = $using:h.list; $list.Add(3); "$list $($list.GetType().GetGenericArguments())"
                ($using:h.set).Contains('A')
                ($using:h.dictionary)['KEY']
                $bag = $using:h.bag; $bag.Add(4); $bag.Count; $bag.GetType().Name
                ($using:h.stack).Peek()
                ($using:h.nested)['x'][0].Year
                ($using:h.jagged).GetType().Name; ($using:h.grid)[1, 2]; ($using:h.days).GetType().Name
                $array = $using:h.array; $array.Add(3); $array.GetType().Name
            } | Should -Be '1 2 3 int', $true, 5, 4, 'ConcurrentBag`1', 3, 2026, 'Int32[][]', 'z', 'DayOfWeek[]', 2, 'ArrayList'
        }

        It 'of other classes arrive with bags of properties in them' {
            $files = [Collections.Generic.List[IO.FileInfo]] @([IO.FileInfo] 'a.txt')
            Invoke-ProcessPool { ($using:files).GetType().GetGenericArguments().Name; ($using:files)[0].Name } | Should -Be 'Object', 'a.txt'
        }

        It 'make no more than a thousand types by messages' {
            # In a process of its own: types that were made stay.
            Start-IpcProcess {
                $refused = 0
                foreach ($i in 0..1999) {
                    # Tuples of four of the twelve types of numbers.
                    $types = 0..3 | ForEach-Object { [byte] (1 + [math]::Floor($i / [math]::Pow(12, $_)) % 12) }
                    try { $null = ConvertFrom-IpcData ([byte[]] (@(0x96, 0xd4, 43, 0, 0xc4, 5, 184) + $types + @(0, 0, 0, 0))) -ErrorAction Stop }
                    catch { if ("$_" -like '*more than*collection types*') { $refused++ } }
                }
                $refused -ge 900
            } | Receive-IpcProcess -Wait | Should -BeTrue
        }
    }

    Context 'Enums of scripts' {
        BeforeAll {
            enum Level { Low; High }
            [Flags()] enum Rights { Read = 1; Write = 2 }
        }

        It 'equal their names and numbers where the enum is not known' {
            [pscustomobject] @{ L = [Level]::High } | Invoke-ProcessPool {
                $_.L -eq 'High'; $_.L -eq 'low'; $_.L -ne 'High'; 'High' -eq $_.L; $_.L -in 'High', 'Low'; $_.L -eq 1; [int] $_.L; $_.L -gt 0; $_.L -band 1; "$($_.L)"; $_.L.value__
                switch ($_.L) { 'High' { 'switched' } }
                @($_ | Where-Object L -EQ High).Count
            } | Should -Be $true, $false, $false, $true, $true, $true, 1, $true, 1, 'High', 1, 'switched', 1
            [Rights] 3 | Invoke-ProcessPool { "$_"; $_.HasFlag(2); $_ -band 2 } | Should -Be 'Read, Write', $true, 2
        }

        It 'come back as what they were' {
            $back = [pscustomobject] @{ L = [Level]::High } | Invoke-ProcessPool { $_ }
            $back.L | Should -Be ([Level]::High)
            $back.L | Should -BeOfType ([Level])
        }

        It 'are the enum where the worker has it' {
            $setup = { enum Level { Low; High } }
            [Level]::High | Invoke-ProcessPool -InitializationScript $setup { $_ -is [Level] } | Should -BeTrue
        }

        It 'show their names' {
            (Invoke-ProcessPool -InputObject ([Level]::High) { $_ | Out-String }).Trim() | Should -Be 'High'
        }
    }

    Context 'Classes of scripts' {
        BeforeAll {
            class Address { [string] $City; hidden [int] $Secret = 4 }
            class Person { [string] $Name; [Address] $Home; [Address[]] $All; [Person] $Friend; [string] Greet() { return "I am $($this.Name) of $($this.Home.City)" } }
            class NeedsNumber { [int] $Number; NeedsNumber([int] $n) { $this.Number = $n } }
            $person = [Person]::new()
            $person.Name = 'Ada'
            $person.Home = [Address] @{ City = 'Turin' }
            $person.Home.Secret = 7
            $person.All = $person.Home, [Address]::new()
            $person.Friend = $person
            $setup = {
                class Address { [string] $City; hidden [int] $Secret = 4 }
                class Person { [string] $Name; [Address] $Home; [Address[]] $All; [Person] $Friend; [string] Greet() { return "I am $($this.Name) of $($this.Home.City)" } }
            }
        }

        It 'arrive as the class that the initialization script defines, with their methods' {
            $person | Invoke-ProcessPool -InitializationScript $setup {
                $_.GetType().Name; $_.Greet(); $_.Home.Secret; $_.All.GetType().Name
                [object]::ReferenceEquals($_.All[0], $_.Home); [object]::ReferenceEquals($_.Friend, $_)
            } | Should -Be 'Person', 'I am Ada of Turin', 7, 'Address[]', $true, $true
        }

        It 'arrive as the class of a module' {
            New-Item $TestDrive/People.psm1 -Value 'class Animal { [string] $Name; [string] Speak() { return (Get-Noise) + $this.Name } }; function Get-Noise { "I am " }; function New-Animal($Name) { [Animal] @{ Name = $Name } }'
            $module = "$TestDrive/People.psm1"
            $cat = & { Import-Module $module; New-Animal 'Tom' }
            $cat | Invoke-ProcessPool -Module $module { $_.GetType().Name; $_.Speak() } | Should -Be 'Animal', 'I am Tom'
            Remove-Module People
        }

        It 'come back as instances: from pools, tasks and processes' {
            $results = @(
                $person | Invoke-ProcessPool -InitializationScript $setup { $_.Name = 'Eve'; $_ }
                Start-IpcProcess -InitializationScript $setup { $p = $using:person; $p.Name = 'Eve'; $p } | Receive-IpcProcess -Wait)
            $results.Count | Should -Be 2
            foreach ($result in $results) {
                $result | Should -BeOfType ([Person])
                $result.Greet() | Should -Be 'I am Eve of Turin'
            }
        }

        It 'are bags of properties where the class is not known, or is made only with arguments' {
            $person | Invoke-ProcessPool { $_.pstypenames[0] -like 'Deserialized.*Person'; $_.Name; $_.Home.City; $null -eq $_.Home.Secret } | Should -Be $true, 'Ada', 'Turin', $true
            ConvertTo-IpcData ([NeedsNumber]::new(5)) | ConvertFrom-IpcData | ForEach-Object { $_.pstypenames[0] -like 'Deserialized.*NeedsNumber'; $_.Number } | Should -Be $true, 5
        }
    }

    Context 'The names of types that an object brings' {
        BeforeAll { Update-TypeData -TypeName System.IO.FileInfo -MemberName PesterScript -MemberType ScriptProperty -Value { throw 'a script of the session ran on data' } -Force }
        AfterAll { Remove-TypeData -TypeName System.IO.FileInfo }

        It 'are those of deserialized objects where they are .NET types: <_>' -ForEach 'System.Diagnostics.Process', 'system.io.fileinfo', 'System.Management.ManagementObject#root\cimv2\Win32_Process', 'Pester.Factory', 'Microsoft.Nobody.Knows' {
            $made = [pscustomobject]@{ PSTypeName = $_; Id = $PID; Where = '/etc/hostname' }
            $arrived = ConvertTo-IpcData $made | ConvertFrom-IpcData
            $arrived.pstypenames[0] | Should -Be "Deserialized.$_"
            $arrived.Id | Should -Be $PID
            $arrived.psobject.Properties.MemberType | Select-Object -Unique | Should -Be NoteProperty
            ($made | Invoke-ProcessPool { $_ }).pstypenames[0] | Should -Be "Deserialized.$_"
        }

        It 'stay where a script made them up: <_>' -ForEach 'My.Server', 'Version', 'Selected.System.Diagnostics.Process', 'Deserialized.My.Server' {
            $arrived = [pscustomobject]@{ PSTypeName = $_; Id = 1 } | Invoke-ProcessPool { $_ }
            $arrived.pstypenames | Should -Be $_, 'System.Management.Automation.PSCustomObject', 'System.Object'
        }
    }

    Context 'What becomes a bag of properties' {
        It 'is said once a call with -Verbose' {
            $file = [IO.FileInfo] 'a.txt'
            $told = $file, $file | Invoke-ProcessPool { [IO.DirectoryInfo] '/'; $using:file } -Verbose 4>&1 | Where-Object { $_ -like '*properties*' }
            "$told" | Should -BeLike '*System.IO.DirectoryInfo, System.IO.FileInfo.'
            $queue = New-IpcQueue
            "$($file, 1, $file | Send-IpcMessage $queue -Verbose 4>&1)" | Should -BeLike '*System.IO.FileInfo.'
            "$(Start-IpcProcess { $using:file } -Verbose 4>&1 | Where-Object { $_ -like '*properties*' })" | Should -BeLike '*System.IO.FileInfo.'
            "$(Start-ProcessPoolTask { } $file -Verbose 4>&1 | Where-Object { $_ -like '*properties*' })" | Should -BeLike '*System.IO.FileInfo.'
        }

        It 'is not said when there is nothing to say' {
            $queue = New-IpcQueue
            1, @{ a = [ipaddress]::Loopback } | Send-IpcMessage $queue -Verbose 4>&1 | Should -BeNullOrEmpty
        }
    }
}
