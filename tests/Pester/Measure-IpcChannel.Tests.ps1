BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Measure-IpcChannel' {
    AfterEach { Remove-TestObject }

    It 'prints figures' {
        $figures = Measure-IpcChannel Topic -Size 128 -Duration 0.01
        $figures.Kind, $figures.Size | Should -Be 'Topic', 128
        foreach ($figure in 'MessagesPerSecond', 'MessagesPerSecondInBatches', 'BytesPerSecond', 'CopiedBytesPerSecond', 'RoundTripMicroseconds', 'WokenRoundTripMicroseconds') {
            $figures.$figure | Should -BeGreaterThan 0 -Because $figure
        }
    }

    It 'takes what can be measured only' {
        { Measure-IpcChannel Lock } | Should -Throw
        { Measure-IpcChannel Pipe -Size 1GB } | Should -Throw
        { Measure-IpcChannel Pipe -Duration soon } | Should -Throw
    }
}
