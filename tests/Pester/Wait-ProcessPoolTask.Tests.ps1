BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Wait-ProcessPoolTask' {
    AfterEach { Remove-TestObject }

    It 'waits for all, or for the first' {
        $gate = New-IpcEvent
        $slow = Start-Other { Wait-IpcEvent $using:gate; 'slow' }
        $quick = Start-Other { 'quick' }
        ($slow, $quick | Wait-ProcessPoolTask -Any).Id | Should -Be $quick.Id
        (Wait-ProcessPoolTask $slow, $quick -Timeout 0.05 -ErrorAction SilentlyContinue -ErrorVariable late).Id | Should -Be $quick.Id
        $late.FullyQualifiedErrorId | Should -BeLike 'IpcTimeout,*'
        Set-IpcEvent $gate
        $slow, $quick | Wait-ProcessPoolTask -Timeout 60 | Should -HaveCount 2
    }

    It 'waits for one that fails as for others' {
        (Start-Other { throw 'no' } | Wait-ProcessPoolTask).State | Should -Be 'Failed'
    }
}
