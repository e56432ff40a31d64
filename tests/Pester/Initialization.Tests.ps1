BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'An initialization script' {
    AfterAll { Remove-TestObject }

    It 'takes values of the session by $using:' {
        $name = 'value'
        $table = @{ list = 1, 2 }
        $queue = New-IpcQueue
        $initialize = { $prepared = "$using:name $($using:table.list[1])"; Send-IpcMessage $using:queue 'ready' }
        1 | Invoke-ProcessPool { $prepared } -InitializationScript $initialize -ThrottleLimit 1 | Should -Be 'value 2'
        Receive-IpcMessage $queue -Timeout 60 | Should -Be 'ready'
        $pool = New-ProcessPool -WorkerCount 1 -InitializationScript $initialize
        1 | Invoke-ProcessPool { $prepared } -Pool $pool | Should -Be 'value 2'
        Start-IpcProcess { $prepared } -InitializationScript $initialize | Wait-IpcProcess | Receive-IpcProcess | Should -Be 'value 2'
        { 1 | Invoke-ProcessPool { 1 } -InitializationScript { $using:notSetHere } } | Should -Throw -ErrorId 'UsingVariableIsUndefined*'
        { New-ProcessPool -WorkerCount 1 -InitializationScript { $using:notSetHere } } | Should -Throw -ErrorId 'UsingVariableIsUndefined*'
    }

    It 'has workers of its own for other values' {
        $number = 1
        1 | Invoke-ProcessPool { $prepared } -InitializationScript { $prepared = $using:number } -ThrottleLimit 1 | Should -Be 1
        $number = 2
        1 | Invoke-ProcessPool { $prepared } -InitializationScript { $prepared = $using:number } -ThrottleLimit 1 | Should -Be 2
    }

    It 'is named by the error when it fails, with its pool or process' {
        { 1 | Invoke-ProcessPool { 1 } -InitializationScript { throw 'no database' } -ErrorAction Stop } | Should -Throw 'The initialization script of process pool *no database*'
        $pool = New-ProcessPool 'with-script' -WorkerCount 1 -InitializationScript { Get-Item "$using:TestDrive/none" -ErrorAction Stop }
        { 1 | Invoke-ProcessPool { 1 } -Pool $pool -ErrorAction Stop } | Should -Throw "The initialization script of process pool 'with-script' failed: *none*" -ErrorId 'PathNotFound*'
        Start-IpcProcess { 1 } -Name 'with-script' -InitializationScript { throw 'no database' } | Wait-IpcProcess |
            Receive-IpcProcess -ErrorAction SilentlyContinue -ErrorVariable e
        "$($e[0])" | Should -BeLike "The initialization script of process 'with-script' failed: *no database*"
        { 1 | Invoke-ProcessPool { 1 } -InitializationScript { exit 3 } -ErrorAction Stop } | Should -Throw '*exit with code 3*'
        Start-IpcProcess { throw 'the script itself' } -InitializationScript { 1 } | Wait-IpcProcess | Receive-IpcProcess -ErrorAction SilentlyContinue -ErrorVariable e
        "$($e[0])" | Should -Be 'the script itself'
    }
}
