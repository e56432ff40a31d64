BeforeAll {
    . $PSScriptRoot/Setup.ps1
    $shell = Join-Path $PSHOME ($IsWindows ? 'pwsh.exe' : 'pwsh')

    # Runs a script file as users do, in this session.
    function Invoke-File([string] $Text) {
        $file = Join-Path $TestDrive "script-$([guid]::NewGuid().ToString('n')).ps1"
        $Text | Set-Content $file
        & $file
    }

    # The warnings of a call, as texts.
    function Get-Warning([scriptblock] $Call) { @(& $Call 3>&1 | Where-Object { $_ -is [System.Management.Automation.WarningRecord] } | ForEach-Object Message) }
}

AfterAll { Remove-TestObject }

Describe 'What a script block names, the workers have' {
    It 'is <Name>' -ForEach @(
        @{ Name = 'a function'; Text = 'function Two($x) { 2 * $x }; 1..3 | Invoke-ProcessPool { Two $_ }'; Expected = 2, 4, 6 }
        @{ Name = 'a function that calls another'; Text = 'function Two($x) { 2 * $x }; function Four($x) { Two (Two $x) }; 1..3 | Invoke-ProcessPool { Four $_ }'; Expected = 4, 8, 12 }
        @{ Name = 'a function that calls itself'; Text = 'function Fact($n) { if ($n -lt 2) { 1 } else { $n * (Fact ($n - 1)) } }; 5 | Invoke-ProcessPool { Fact $_ }'; Expected = 120 }
        @{ Name = 'a filter'; Text = 'filter Twice { 2 * $_ }; 3 | Invoke-ProcessPool { $_ | Twice }'; Expected = 6 }
        @{ Name = 'an alias of a function'; Text = 'function Get-Double($x) { 2 * $x }; Set-Alias dbl Get-Double; 3 | Invoke-ProcessPool { dbl $_ }'; Expected = 6 }
        @{ Name = 'a function whose name no statement could have'; Text = '${function:my function!} = { 7 }; 1 | Invoke-ProcessPool { & "my function!" }'; Expected = 7 }
        @{ Name = 'a function in a nested block'; Text = 'function isGood($x) { $x % 2 }; 1 | Invoke-ProcessPool { 1..4 | Where-Object { isGood $_ } }'; Expected = 1, 3 }
        @{ Name = 'a function in a default value'; Text = 'function Get-Start { 40 }; 1 | Invoke-ProcessPool { param($x = (Get-Start)) $x + $_ }'; Expected = 41 }
        @{ Name = 'a function by & and .'; Text = 'function Two($x) { 2 * $x }; 1 | Invoke-ProcessPool { & Two 3; . "Two" 4 }'; Expected = 6, 8 }
        @{ Name = 'a function that is splatted to'; Text = 'function Add($a, $b) { $a + $b }; 1 | Invoke-ProcessPool { $p = @{ a = 1; b = 2 }; Add @p }'; Expected = 3 }
        @{ Name = 'a function in begin, process and end'; Text = 'function Note($x) { "<$x>" }; 1 | Invoke-ProcessPool -ThrottleLimit 1 { begin { Note b } process { Note $_ } end { Note e } }'; Expected = '<b>', '<1>', '<e>' }
        @{ Name = 'a function that hides a cmdlet'; Text = 'function Get-Date { "hidden" }; 1 | Invoke-ProcessPool { Get-Date }'; Expected = 'hidden' }
        @{ Name = 'a proxy function'; Text = 'function Get-Random { 2 * (Microsoft.PowerShell.Utility\Get-Random -Minimum 4 -Maximum 5) }; 1 | Invoke-ProcessPool { Get-Random }'; Expected = 8 }
        @{ Name = 'a class'; Text = "class Point { [int] `$X; Point(`$x) { `$this.X = `$x } [int] Twice() { return 2 * `$this.X } }`n3 | Invoke-ProcessPool { [Point]::new(`$_).Twice() }"; Expected = 6 }
        @{ Name = 'a class, by New-Object'; Text = "class Point { [int] `$X = 5 }`n3 | Invoke-ProcessPool { (New-Object Point).X }"; Expected = 5 }
        @{ Name = 'a class with its base class and the types of its properties'; Text = "enum Kind { Plain; Special }`nclass Part { [Kind] `$Kind = 'Special' }`nclass Base { [Part] `$Part = [Part]::new() }`nclass Whole : Base { }`n1 | Invoke-ProcessPool { [Whole]::new().Part.Kind.ToString() }"; Expected = 'Special' }
        @{ Name = 'a class whose methods call functions'; Text = "function Two(`$x) { 2 * `$x }`nclass Doubler { [int] Run([int] `$x) { return (Two `$x) } }`n4 | Invoke-ProcessPool { [Doubler]::new().Run(`$_) }"; Expected = 8 }
        @{ Name = 'an enum'; Text = "enum Color { Red = 3 }`n1 | Invoke-ProcessPool { [int] [Color]::Red }"; Expected = 3 }
        @{ Name = 'objects of a class'; Text = "class Point { [int] `$X = 4; [int] Twice() { return 2 * `$this.X } }`n[Point]::new() | Invoke-ProcessPool { [Point] `$p = `$_; `$p.Twice() }"; Expected = 8 }
        @{ Name = 'a function of a class'; Text = "class Point { [int] `$X = 4 }`nfunction New-Point { [Point]::new() }`n1 | Invoke-ProcessPool { (New-Point).X }"; Expected = 4 }
        @{ Name = 'using namespace of the file'; Text = "using namespace System.Collections.Generic`n1 | Invoke-ProcessPool { `$l = [List[int]]::new(); `$l.Add(`$_); `$l.GetType().Name; (New-Object 'HashSet[int]').GetType().Name }"; Expected = 'List`1', 'HashSet`1' }
        @{ Name = 'using namespace of a function'; Text = "using namespace System.Text`nfunction New-Builder { [StringBuilder]::new('b').ToString() }`n1 | Invoke-ProcessPool { New-Builder }"; Expected = 'b' }
        @{ Name = 'a variable'; Text = '$factor = 3; 1..3 | Invoke-ProcessPool { $_ * $factor }'; Expected = 3, 6, 9 }
        @{ Name = 'a variable of the script scope'; Text = '$script:factor = 3; 1..3 | Invoke-ProcessPool { $_ * $script:factor }'; Expected = 3, 6, 9 }
        @{ Name = 'a variable that a function reads'; Text = '$factor = 3; function Times($x) { $x * $factor }; 2 | Invoke-ProcessPool { Times $_ }'; Expected = 6 }
        @{ Name = 'a variable beside $using:'; Text = '$a = 1; $b = 2; 1 | Invoke-ProcessPool { $a + $using:b }'; Expected = 3 }
        @{ Name = 'a variable under StrictMode'; Text = 'Set-StrictMode -Version Latest; $factor = 3; 2 | Invoke-ProcessPool { Set-StrictMode -Version Latest; $_ * $factor }'; Expected = 6 }
        @{ Name = 'a table'; Text = '$map = @{ a = 1 }; "a" | Invoke-ProcessPool { $map[$_] }'; Expected = 1 }
        @{ Name = 'what a block in a block names'; Text = 'function Two($x) { 2 * $x }; $factor = 5; 3 | Invoke-ProcessPool { $_ | Invoke-ProcessPool { $factor * (Two $_) } -ThrottleLimit 1 }'; Expected = 30 }
        @{ Name = 'a function of a file with #requires'; Text = "#requires -Version 7`nfunction Two(`$x) { 2 * `$x }`n3 | Invoke-ProcessPool { Two `$_ }"; Expected = 6 }
    ) {
        Invoke-File $Text | Should -Be $Expected
    }

    It 'is all of that at the prompt' {
        $text = @'
Import-Module '{0}'
class Point {{ [int] $X = 4 }}
function Two($x) {{ 2 * $x }}
$factor = 5
1 | Invoke-ProcessPool -ThrottleLimit 1 {{ $factor * (Two ([Point]::new().X)) }}
'@ -f $module
        & $shell -NoProfile -NonInteractive -Command $text | Should -Be 40
    }

    It 'is it for a task, and for a process' {
        Invoke-File 'function Two($x) { 2 * $x }; $factor = 5; Start-ProcessPoolTask { $factor * (Two 3) } | Receive-ProcessPoolTask' | Should -Be 30
        Invoke-File "using namespace System.Text`nclass Point { [int] `$X = 4 }`nfunction Two(`$x) { 2 * `$x }`n`$factor = 5`nStart-IpcProcess { `$factor * (Two ([Point]::new().X)); [StringBuilder].Name } | Receive-IpcProcess -Wait" |
            Should -Be 40, 'StringBuilder'
    }

    It 'is it for an initialization script' {
        $factor = 5
        function Two($x) { 2 * $x }
        $pool = New-ProcessPool 1 -InitializationScript { $global:prepared = Two $factor }
        1 | Invoke-ProcessPool -Pool $pool { $prepared } | Should -Be 10
        1 | Invoke-ProcessPool { $prepared } -InitializationScript { $global:prepared = Two $factor } | Should -Be 10
        Start-IpcProcess { $prepared } -InitializationScript { $global:prepared = Two $factor } | Receive-IpcProcess -Wait | Should -Be 10
    }

    It 'is not what an initialization script sets or defines' {
        $unit = 'of the session'
        function Get-Unit { 'of the session' }
        $pool = New-ProcessPool 1 -InitializationScript { $unit = 'of the worker'; function Get-Unit { 'of the worker' } }
        1 | Invoke-ProcessPool -Pool $pool { $unit; Get-Unit } | Should -Be 'of the worker', 'of the worker'
    }

    It 'is no automatic and no preference variable' {
        $ErrorActionPreference = 'Stop'
        $OFS = '-'
        1 | Invoke-ProcessPool { "$ErrorActionPreference $PID" -ne "$using:ErrorActionPreference $using:PID"; "$(1, 2)" } | Should -Be $true, '1 2'
    }

    It 'keeps the line and the file of a function in errors' {
        $file = "$TestDrive/erring.ps1"
        "`n`nfunction Get-Broken {`n    throw 'broken'`n}`n1 | Invoke-ProcessPool { Get-Broken } -ErrorAction SilentlyContinue -ErrorVariable failed`n`$failed" | Set-Content $file
        $failed = & $file
        $failed.ScriptStackTrace | Should -Match ([regex]::Escape("at Get-Broken, $((Get-Item $file).FullName): line 4"))
    }
}

Describe 'Modules of the commands that a script block calls' {
    BeforeAll {
        '$script:count = 0; function Get-OfModule { "module $(Get-Hidden)" }; function Get-Hidden { "hidden" }; Export-ModuleMember Get-OfModule' | Set-Content "$TestDrive/Plain.psm1"
        '$factor = 7
         $script:setting = "of the module"
         function Get-Private($x) { "$script:setting $x" }
         function Invoke-Mine { $local = "local"; 1..2 | Invoke-ProcessPool { Get-Private $_; $factor; $local } }
         function Invoke-Own($Block) { 1 | Invoke-ProcessPool $Block }
         Export-ModuleMember Invoke-Mine, Invoke-Own' | Set-Content "$TestDrive/Author.psm1"
        'function Get-Name { "one" }' | Set-Content "$TestDrive/One.psm1"
        'function Get-Name { "two" }' | Set-Content "$TestDrive/Two.psm1"
    }

    AfterEach { Remove-Module Plain, Author, One, Two, Made -ErrorAction Ignore }

    It 'are imported from their paths' {
        Import-Module "$TestDrive/Plain.psm1"
        1 | Invoke-ProcessPool { Get-OfModule } | Should -Be 'module hidden'
        Start-IpcProcess { Get-OfModule } | Receive-IpcProcess -Wait | Should -Be 'module hidden'
    }

    It 'have a function of one name each' {
        Import-Module "$TestDrive/One.psm1", "$TestDrive/Two.psm1"
        1 | Invoke-ProcessPool { Get-Name; One\Get-Name; Two\Get-Name } | Should -Be 'two', 'one', 'two'
    }

    It 'are sent as functions where they have no file' {
        $null = New-Module Made { $level = 3; function Get-Made { (Get-Inner) + $level }; function Get-Inner { 4 }; Export-ModuleMember Get-Made } | Import-Module
        1 | Invoke-ProcessPool { Get-Made } | Should -Be 7
    }

    It 'run the blocks that stand in them, with private functions and variables of their own load' {
        Import-Module "$TestDrive/Author.psm1"
        Invoke-Mine | Should -Be 'of the module 1', 7, 'local', 'of the module 2', 7, 'local'
    }

    It 'that take a block of another script run it as that script would' {
        Import-Module "$TestDrive/Author.psm1"
        function global:Get-Theirs { 'theirs' }
        Invoke-Own { Get-Theirs } | Should -Be 'theirs'
        Remove-Item function:Get-Theirs
    }

    It 'are of the manifest and the version that the session has' {
        foreach ($version in '1.0', '2.0') {
            $folder = New-Item "$TestDrive/Versioned/$version" -ItemType Directory -Force
            "function Get-Version { '$version' }" | Set-Content "$folder/Versioned.psm1"
            New-ModuleManifest "$folder/Versioned.psd1" -RootModule Versioned.psm1 -ModuleVersion $version -FunctionsToExport Get-Version
        }
        Import-Module "$TestDrive/Versioned/1.0/Versioned.psd1"
        try { 1 | Invoke-ProcessPool { Get-Version; (Get-Module Versioned).Version.ToString() } | Should -Be '1.0', '1.0' } finally { Remove-Module Versioned }
    }

    It 'that are binary run, too' {
        Add-Type -OutputAssembly "$TestDrive/Binary.dll" -TypeDefinition 'using System.Management.Automation; [Cmdlet("Get", "OfBinary")] public class C : Cmdlet { protected override void ProcessRecord() { WriteObject("binary"); } }'
        Import-Module "$TestDrive/Binary.dll"
        1 | Invoke-ProcessPool { Get-OfBinary } | Should -Be 'binary'
    }

    It 'are those of using module, with their classes' {
        'class Square { [int] $Side = 4 }; function Get-Square { [Square]::new() }' | Set-Content "$TestDrive/Shapes.psm1"
        Invoke-File "using module ./Shapes.psm1`nclass Cube : Square { }`n1 | Invoke-ProcessPool { [Square]::new().Side; (Get-Square).Side; [Cube]::new().Side }" | Should -Be 4, 4, 4
        Remove-Module Shapes
    }

    It 'give a warning where a function is sent alone and reads their variables' {
        Import-Module "$TestDrive/Author.psm1"
        & (Get-Module Author) { Export-ModuleMember -Function Get-Private }
        $pool = New-ProcessPool 1
        '$script:state = 1; function Get-State { $script:state }' | Set-Content "$TestDrive/Stateful.psm1"
        Import-Module "$TestDrive/Stateful.psm1"
        try { Get-Warning { 1 | Invoke-ProcessPool -Pool $pool { & ('Get-' + 'State') } -Function Get-State } | Should -Match 'Get-State.*\$script:state.*-Module Stateful' } finally { Remove-Module Stateful }
    }
}

Describe 'Parameters of what a script block has' {
    It '-Session None is what parameters and $using: say' {
        $factor = 3
        function Two($x) { 2 * $x }
        1 | Invoke-ProcessPool -Session None -WarningAction SilentlyContinue { "<$factor>$($using:factor)"; [bool] (Get-Command Two -ErrorAction Ignore) } | Should -Be '<>3', $false
        1 | Invoke-ProcessPool -Session None -WarningAction SilentlyContinue -Variable factor { "<$factor>" } | Should -Be '<3>'
        Start-ProcessPoolTask -Session None { "<$factor>" } -WarningAction SilentlyContinue | Receive-ProcessPoolTask | Should -Be '<>'
        Start-IpcProcess -Session None { "<$factor>" } -WarningAction SilentlyContinue | Receive-IpcProcess -Wait | Should -Be '<>'
        $pool = New-ProcessPool 1 -Session None -InitializationScript { $global:seen = "<$factor>" } -WarningAction SilentlyContinue
        1 | Invoke-ProcessPool -Pool $pool { $seen } | Should -Be '<>'
    }

    It 'take names and wildcards, with a pool, too' {
        'function Get-OfModule { "of the module" }' | Set-Content "$TestDrive/Known.psm1"
        Import-Module "$TestDrive/Known.psm1"
        function Two($x) { 2 * $x }
        function Four($x) { Two (Two $x) }
        $factorOne = 1
        $factorTwo = 2
        $pool = New-ProcessPool 1
        $name = 'Four'
        1 | Invoke-ProcessPool -Pool $pool -Function Four { & $using:name $_ } | Should -Be 4
        1 | Invoke-ProcessPool -Pool $pool -Function F*ur { & $using:name $_ } | Should -Be 4
        1 | Invoke-ProcessPool -Pool $pool -Variable factor* { (Get-Variable factorOne, factorTwo).Value } | Should -Be 1, 2
        1 | Invoke-ProcessPool -Pool $pool -Module Kno* { & ('Get-' + 'OfModule') } | Should -Be 'of the module'
        Start-ProcessPoolTask -Pool $pool -Function Four -Variable factorTwo -Module Known { (& $using:name 1), (Get-Variable factorTwo).Value, (& ('Get-' + 'OfModule')) } |
            Receive-ProcessPoolTask | Should -Be 4, 2, 'of the module'
        $other = New-ProcessPool 1 -Variable factorOne -Function Four
        1 | Invoke-ProcessPool -Pool $other { (Get-Variable factorOne).Value + (& $using:name 1) } | Should -Be 5
        Start-IpcProcess -Variable factorTwo -Function Four { (Get-Variable factorTwo).Value + (& $using:name 1) } | Receive-IpcProcess -Wait | Should -Be 6
        Remove-Module Known
    }

    It 'are errors where the session has nothing of the name' {
        { 1 | Invoke-ProcessPool { 1 } -Variable noSuchVariable -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { 1 | Invoke-ProcessPool { 1 } -Function No-SuchFunction -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It '-Verbose lists what is sent' {
        $factor = 3
        function Two($x) { 2 * $x }
        $verbose = 1 | Invoke-ProcessPool { Two $factor } -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }
        "$verbose" | Should -Match 'functions Two; variables \$factor \(\d+ B\)'
    }

    It 'a warning names a variable whose objects lose their methods, or that is large' {
        $process = Get-Process -Id $PID
        Get-Warning { 1 | Invoke-ProcessPool { $process.Id } } | Should -Match '\$process.*System.Diagnostics.Process'
        $large = [byte[]]::new(17MB)
        Get-Warning { 1 | Invoke-ProcessPool { $large.Length } } | Should -Match '\$large.*17 MB'
    }

    It 'a warning names a variable that cannot be passed on, and the call runs' {
        $deep = @{}
        $inner = $deep
        1..40 | ForEach-Object { $inner.next = @{}; $inner = $inner.next }
        Get-Warning { 1 | Invoke-ProcessPool { $deep.Count } } | Should -Match '\$deep'
        1 | Invoke-ProcessPool { "<$deep>" } -WarningAction SilentlyContinue | Should -Be '<>'
    }
}

Describe 'Calls in one worker' {
    BeforeAll { $pool = New-ProcessPool 1 }

    It 'see nothing of each other' {
        $factor = 3
        function Two($x) { 2 * $x }
        Set-Alias dbl Two
        $first = "class Seen { `$X = 1 }`n1 | Invoke-ProcessPool -Pool (Get-ProcessPool $($pool.Name)) { [Seen]::new().X }"
        1 | Invoke-ProcessPool -Pool $pool { dbl $factor } | Should -Be 6
        Invoke-File $first | Should -Be 1
        1 | Invoke-ProcessPool -Pool $pool { [bool] (Get-Command ('Tw' + 'o'), ('db' + 'l') -ErrorAction Ignore); $null -eq (Get-Variable ('fac' + 'tor') -ErrorAction Ignore); $null -eq ('Seen' -as [type]) } |
            Should -Be $false, $true, $true
    }

    It 'have the function as it is when they begin' {
        function Get-Now { 'first' }
        $running = Start-ProcessPoolTask -Pool $pool { Start-Sleep 1; Get-Now }
        function Get-Now { 'second' }
        1 | Invoke-ProcessPool -Pool $pool { Get-Now } | Should -Be 'second'
        $running | Receive-ProcessPoolTask | Should -Be 'first'
    }

    It 'have the class as it is when they begin' {
        $text = "using namespace System.Collections.Generic`nclass Point {{ `$X = {0} }}`nfunction New-Point {{ [Point]::new() }}`n" +
            "1 | Invoke-ProcessPool -Pool (Get-ProcessPool {1}) {{ `$l = [List[Point]]::new(); `$l.Add([Point]::new()); `$l.Add((New-Point)); `$l.X }}"
        1, 2, 1 | ForEach-Object { Invoke-File ($text -f $_, $pool.Name) } | Should -Be 1, 1, 2, 2, 1, 1
    }

    It 'have their own while they alternate' {
        function Get-Kind { 'first' }
        $a = 1..20 | Start-ProcessPoolTask -Pool $pool { "$(Get-Kind) $_" }
        function Get-Kind { 'second' }
        $b = 1..20 | Start-ProcessPoolTask -Pool $pool { "$(Get-Kind) $_" }
        ($a | Receive-ProcessPoolTask) + ($b | Receive-ProcessPoolTask) | Should -Be (@(1..20 | ForEach-Object { "first $_" }) + @(1..20 | ForEach-Object { "second $_" }))
    }

    It 'leave what the pool has of its own' {
        $other = New-ProcessPool 1 -InitializationScript { function Get-Own { 'of the pool' }; $own = 1 }
        $own = 2
        1 | Invoke-ProcessPool -Pool $other -Variable own { $own } | Should -Be 2
        1 | Invoke-ProcessPool -Pool $other { $own; Get-Own } | Should -Be 1, 'of the pool'
    }

    It 'work after a worker was killed, and with more definitions than a worker is known to have' {
        function Two($x) { 2 * $x }
        1 | Invoke-ProcessPool -Pool $pool { Two $_ } | Should -Be 2
        Stop-Process -Id $pool.Workers[0].ProcessId -Force
        1 | Invoke-ProcessPool -Pool $pool { Two $_ } | Should -Be 2
        1..70 | ForEach-Object { ${function:Get-Many} = [scriptblock]::Create("$_"); 1 | Invoke-ProcessPool -Pool $pool { Get-Many } } | Should -Be (1..70)
        1 | Invoke-ProcessPool -Pool $pool { Two $_ } | Should -Be 2
    }
}

Describe 'Script blocks as values' {
    It 'arrive as script blocks by <Name>' -ForEach @(
        @{ Name = '$using:'; Call = { 1 | Invoke-ProcessPool { & $using:twice 2 } } }
        @{ Name = 'a variable'; Call = { 1 | Invoke-ProcessPool { & $twice 2 } } }
        @{ Name = 'an argument'; Call = { 1 | Invoke-ProcessPool { param($b) & $b 2 } -ArgumentList $twice } }
        @{ Name = 'an item'; Call = { $twice | Invoke-ProcessPool { & $_ 2 } } }
        @{ Name = 'a table'; Call = { $table = @{ Run = $twice }; 1 | Invoke-ProcessPool { & $table.Run 2 } } }
        @{ Name = 'a task'; Call = { Start-ProcessPoolTask { & $using:twice 2 } | Receive-ProcessPoolTask } }
        @{ Name = 'a process'; Call = { Start-IpcProcess { & $using:twice 2 } | Receive-IpcProcess -Wait } }
    ) {
        function Two($x) { 2 * $x }
        $twice = { param($x) 2 * $x }
        & $Call | Should -Be 4
    }

    It 'have what they name' {
        function Two($x) { 2 * $x }
        $block = { Two $args[0] }
        1 | Invoke-ProcessPool { & $using:block 2 } | Should -Be 4
        1 | Invoke-ProcessPool { & $block 2 } | Should -Be 4
    }

    It 'are texts in results and messages' {
        1 | Invoke-ProcessPool { { 1 + 1 } } | Should -BeOfType string
        $queue = New-IpcQueue
        Send-IpcMessage $queue { 1 + 1 }
        1 | Invoke-ProcessPool { (Receive-IpcMessage $using:queue).GetType().Name } | Should -Be 'String'
    }
}
