BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Values of $using:' {
    AfterAll { Remove-TestObject }

    BeforeAll {
        $runners = @{
            pool    = { param($Block) Invoke-ProcessPool $Block }
            task    = { param($Block) Start-ProcessPoolTask $Block | Receive-ProcessPoolTask }
            process = { param($Block) Start-IpcProcess $Block | Receive-IpcProcess -Wait }
        }
    }

    Context 'in a <_>' -ForEach 'pool', 'task', 'process' {
        BeforeAll { $run = $runners[$_] }

        It 'arrive as they are behind a path: arrays of one element, empty arrays, bytes, null' {
            $h = @{ one = @(5); bytes = [byte[]] 7; none = @(); null = $null; deep = @{ list = , @(1) } }
            & $run {
                ($using:h.one).GetType().Name
                ($using:h.bytes).GetType().Name
                ($using:h.none).GetType().Name; ($using:h.none).Count
                $null -eq $using:h.null
                ($using:h.deep.list).Count; ($using:h.deep.list[0]).GetType().Name
            } | Should -Be 'Object[]', 'Byte[]', 'Object[]', 0, $true, 1, 'Object[]'
        }

        It 'arrive as they are behind an index' {
            $a = @(1), @(2, 3)
            $h = @{ 'a key' = @(1) }
            & $run { ($using:a[0]).GetType().Name; ($using:a[1]).Count; ($using:h['a key']).GetType().Name } | Should -Be 'Object[]', 2, 'Object[]'
        }

        It 'arrive alive behind a path: shared arrays and queues' {
            $h = @{ array = New-SharedArray -InputObject (1, 2, 3); queue = New-IpcQueue }
            & $run { ($using:h.array)[0] = 42; Send-IpcMessage $using:h.queue 'sent' }
            $h.array[0] | Should -Be 42
            Receive-IpcMessage $h.queue -Timeout 60 | Should -Be 'sent'
        }

        It 'come from drives, too' {
            & $run { $using:env:PATH } | Should -Be $env:PATH
        }
    }

    It 'reach a pool inside a worker behind a path' {
        $h = @{ one = @(5) }
        Invoke-ProcessPool { Invoke-ProcessPool { ($using:h.one).GetType().Name } } | Should -Be 'Object[]'
    }

    It 'of a variable that is not set are an error behind a path, too' {
        { Invoke-ProcessPool { $using:thereIsNone.property } -ErrorAction Stop } | Should -Throw -ErrorId 'UsingVariableIsUndefined*'
    }
}
