BeforeAll {
    . $PSScriptRoot/Setup.ps1
    $pool = New-ProcessPool -WorkerCount 1
}

Describe 'An error of an item' {
    It 'in the arguments is that of each item, and no worker dies of it' {
        $failed = @(1..10 | Invoke-ProcessPool -Pool $pool { param([int] $n) $_ } -ArgumentList abc 2>&1)
        $failed | Should -HaveCount 10
        $failed.FullyQualifiedErrorId | Sort-Object -Unique | Should -BeLike 'ParameterArgumentTransformationError*'
        $failed.TargetObject | Should -Be (1..10)
        1 | Invoke-ProcessPool -Pool $pool { param([int] $n = 'abc') $n } 2>&1 | Should -BeOfType [Management.Automation.ErrorRecord]
        1 | Invoke-ProcessPool -Pool $pool { param([int] $n) begin { } process { $n } } -ArgumentList abc 2>&1 | ForEach-Object FullyQualifiedErrorId |
            Should -BeLike 'ParameterArgumentTransformationError*'
        $pool.Restarts | Should -Be 0
    }

    It 'in a validated argument says what is wrong with it' {
        $failed = 1 | Invoke-ProcessPool -Pool $pool { param([ValidateRange(1, 5)] [int] $Size) $Size } -ArgumentList 9 2>&1
        $failed | Should -Match "parameter 'Size'.*maximum allowed range of 5"
        $failed = 1 | Invoke-ProcessPool -Pool $pool { param([ValidateSet('a', 'b')] $Kind) $Kind } -ArgumentList c 2>&1
        $failed | Should -Match "'Kind'.*a,b"
        $pool.Restarts | Should -Be 0
    }

    It 'of a class whose members throw fails that item only' {
        $define = {
            if (-not ('ThrowingException' -as [type])) {
                Add-Type 'public class ThrowingException : System.Exception {
                    public override string Message { get { throw new System.InvalidOperationException("message"); } }
                    public override string StackTrace { get { throw new System.InvalidOperationException("stack"); } }
                    public override string ToString() { throw new System.InvalidOperationException("text"); }
                    public string Detail { get { throw new System.InvalidOperationException("detail"); } } }'
            }
        }
        $null = Invoke-ProcessPool -Pool $pool $define
        1, 2 | Invoke-ProcessPool -Pool $pool { if ($_ -eq 1) { throw [ThrowingException]::new() } else { 'alive' } } -ErrorAction SilentlyContinue -ErrorVariable failed | Should -Be 'alive'
        $failed | Should -HaveCount 1
        Invoke-ProcessPool -Pool $pool { Write-Error -Exception ([ThrowingException]::new()) -ErrorAction Continue; 'goes on' } -ErrorVariable failed 2> $null | Should -Be 'goes on'
        $failed | Should -HaveCount 1
        Invoke-ProcessPool -Pool $pool { [ThrowingException]::new(); 'goes on' } | Select-Object -Last 1 | Should -Be 'goes on'
        $process = Start-IpcProcess ([scriptblock]::Create("$define; throw [ThrowingException]::new()"))
        $process | Receive-IpcProcess -Wait 2>&1 | Should -BeOfType [Management.Automation.ErrorRecord]
        $pool.Restarts | Should -Be 0
    }

    It 'while its output is written is an error beside the output' {
        $output = Invoke-ProcessPool -Pool $pool {
            Add-Type 'public class ThrowingSequence : System.Collections.IEnumerable { public System.Collections.IEnumerator GetEnumerator() { throw new System.Exception("no sequence"); } }'
            @{ value = [ThrowingSequence]::new() }
            'goes on'
        } -ErrorVariable failed -ErrorAction SilentlyContinue
        $output | Should -Contain 'goes on'
        $pool.Restarts | Should -Be 0
    }
}

Describe 'Arguments of a script block' {
    It 'are bound as the call operator binds them' {
        $blocks = @(
            { param([switch] $All, $Name) "$All $Name $($args -join ',')" }
            { param($Name, [switch] $All) "$All $Name $($args -join ',')" }
            { param([int] $First, [string] $Second = 'default') "$First $Second" }
            { param([Parameter(Position = 1)] $B, [Parameter(Position = 0)] $A) "$A $B" }
            { param([ValidateNotNull()] $x, [string[]] $y) "$x $($y.GetType()) $y" }
            { param([Parameter(ValueFromRemainingArguments)] $Rest) "$($Rest -join '+')" }
            { "$($args -join ',')" }
        )
        foreach ($block in $blocks) {
            $list = '1', '2'
            Invoke-ProcessPool -Pool $pool $block -ArgumentList $list | Should -Be (& $block @list)
        }
    }
}

Describe 'Each item' {
    BeforeAll {
        $state = '"$($Error.Count) $? [$LASTEXITCODE] $ErrorActionPreference $WarningPreference $VerbosePreference $ConfirmPreference $($PSDefaultParameterValues.Count)"'
        $spoil = '; Write-Error x -ErrorAction SilentlyContinue; if ($IsWindows) { cmd /c "exit 3" } else { sh -c "exit 3" }
            $global:ErrorActionPreference = "Stop"; $global:WarningPreference = "Ignore"; $global:VerbosePreference = "Continue"; $global:ConfirmPreference = "None"
            $PSDefaultParameterValues["*:Path"] = "x"; Get-Item /no/such/item -ErrorAction SilentlyContinue'
    }

    It 'begins as a fresh one would, whatever earlier ones left' {
        $spoiling = [scriptblock]::Create($state + $spoil)
        1..3 | Invoke-ProcessPool -Pool $pool $spoiling 2> $null | Should -Be (, '0 True [] Continue Continue SilentlyContinue High 0' * 3)
        Invoke-ProcessPool -Pool $pool ([scriptblock]::Create($state)) | Should -Be '0 True [] Continue Continue SilentlyContinue High 0'
        1..2 | Invoke-ProcessPool -Pool $pool ([scriptblock]::Create("process { $state $spoil }")) 2> $null | Should -Be (, '0 True [] Continue Continue SilentlyContinue High 0' * 2)
    }

    It 'finds no variable, function or folder of an earlier one' {
        1..3 | Invoke-ProcessPool -Pool $pool { "$mine|$(Get-Command Get-Mine -ErrorAction Ignore)|$PWD"; $mine = $_; function Get-Mine { }; Set-Location / } | Should -Be (, "||$PWD" * 3)
        Invoke-ProcessPool -Pool $pool { "$PWD" } | Should -Be "$PWD"
    }

    It 'finds what the initialization script set' {
        $own = New-ProcessPool -WorkerCount 1 -InitializationScript {
            $ErrorActionPreference = 'Stop'
            $WarningPreference = 'SilentlyContinue'
            $PSDefaultParameterValues = @{ 'Get-Date:Year' = 2020 }
        }
        $look = { "$ErrorActionPreference $WarningPreference $((Get-Date).Year)"; $global:ErrorActionPreference = 'Continue'; $global:WarningPreference = 'Continue'; $PSDefaultParameterValues['Get-Date:Year'] = 2021 }
        1..3 | Invoke-ProcessPool -Pool $own $look | Should -Be (, 'Stop SilentlyContinue 2020' * 3)
    }

    It 'finds other global variables as earlier ones left them' {
        1..3 | Invoke-ProcessPool -Pool $pool { ++$global:countOfItems }
        Invoke-ProcessPool -Pool $pool { $global:countOfItems } | Should -Be 3
    }

    AfterAll { Remove-TestObject }
}
