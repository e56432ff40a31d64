BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Measure-IpcChannel' {
    AfterEach { Remove-TestObject }

    It 'prints figures for each kind and size' {
        $figures = Measure-IpcChannel Queue, Topic -Size 64 -Duration 0.01
        $figures | Should -HaveCount 2
        $figures.Kind | Should -Be 'Queue', 'Topic'
        $figures | ForEach-Object { $_.MessagesPerSecond | Should -BeGreaterThan 0 }
    }

    It 'takes what can be measured only' {
        { Measure-IpcChannel Lock } | Should -Throw
        { Measure-IpcChannel Pipe -Size 1GB } | Should -Throw
        { Measure-IpcChannel Pipe -Duration soon } | Should -Throw
    }
}
