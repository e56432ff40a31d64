BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Receive-IpcMessage' {
    AfterEach { Remove-TestObject }

    BeforeEach { $q = New-IpcQueue }

    It 'takes one, some, or all that are there' {
        1..10 | Send-IpcMessage $q
        Receive-IpcMessage $q | Should -Be 1
        Receive-IpcMessage $q 2 | Should -Be 2, 3
        Receive-IpcMessage -Channel $q.Name -Count 2 | Should -Be 4, 5
        Receive-IpcMessage $q -Available | Should -Be (6..10)
        Receive-IpcMessage $q -Available | Should -BeNullOrEmpty
        Receive-IpcMessage $q -NoWait | Should -BeNullOrEmpty
        Receive-IpcMessage $q -Peek -NoWait | Should -BeNullOrEmpty
    }

    It 'waits for what another process sends' {
        $other = Start-Other { 1..3 | Send-IpcMessage $using:q; Close-IpcQueue $using:q }
        Receive-IpcMessage $q -Wait -Timeout 60 | Should -Be 1, 2, 3
        Receive-ProcessPoolTask $other
    }

    It 'stops after Select-Object -First, and keeps the rest' {
        1..10 | Send-IpcMessage $q
        Receive-IpcMessage $q -Wait | Select-Object -First 3 | Should -Be 1, 2, 3
        $q.Count | Should -Be 7
    }

    It 'looks without taking' {
        'next' | Send-IpcMessage $q
        Receive-IpcMessage $q -Peek | Should -Be 'next'
        Receive-IpcMessage $q -Peek -NoWait | Should -Be 'next'
        $q.Count | Should -Be 1
    }

    It 'does all of that for channels from the pipeline' {
        $q, $q.Name | Receive-IpcMessage -NoWait | Should -BeNullOrEmpty
        1..9 | Send-IpcMessage $q
        $q | Receive-IpcMessage | Should -Be 1
        $q | Receive-IpcMessage -Peek | Should -Be 2
        $q | Receive-IpcMessage -Peek -NoWait | Should -Be 2
        $q | Receive-IpcMessage -NoWait | Should -Be 2
        $q | Receive-IpcMessage -Timeout 60 | Should -Be 3
        $q | Receive-IpcMessage -Count 2 -Timeout 60 | Should -Be 4, 5
        $q | Receive-IpcMessage -Available | Should -Be (6..9)
    }

    It 'tells who sent what' {
        'hello' | Send-IpcMessage $q -Serializer Json
        $message = Receive-IpcMessage $q -IncludeMetadata
        $message.Body | Should -Be 'hello'
        $message.SenderId | Should -Be $PID
        $message.Serializer | Should -Be 'Json'
        $message.Sequence | Should -Be 1
        $message.Size | Should -Be 7
        [datetime]::UtcNow - $message.SentAt.ToUniversalTime() | Should -BeLessThan ([timespan]::FromMinutes(5))
    }

    It 'reads classes that it does not know when it is told to' {
        $connection = $null
        $listener = New-IpcListener -Serializer Raw
        $client = Connect-IpcPipe $listener.Address -Serializer Raw
        $connection = Receive-IpcConnection $listener
        $pickle = [Text.Encoding]::ASCII.GetBytes("cshop`nOrder`n(I1`ntR.")
        Send-IpcMessage $client $pickle
        Send-IpcMessage $client $pickle
        { Receive-IpcMessage $connection -Serializer Pickle -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTypeNotAllowed,*'
        (Receive-IpcMessage $connection -Serializer Pickle -AllowUnknown).pstypenames | Should -Contain 'shop.Order'
        $client, $connection | Close-IpcPipe
        Close-IpcListener $listener
    }

    It 'gives a non-terminating error when the time is over' {
        Receive-IpcMessage $q -Timeout 0.05 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'IpcTimeout,*'
        $problem[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        { Receive-IpcMessage $q -Timeout (New-TimeSpan -Seconds 0) -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Receive-IpcMessage $q -Timeout 'soon' } | Should -Throw
    }

    It 'says why nothing can come' {
        { Receive-IpcMessage no-such-channel -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Receive-IpcMessage 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { Receive-IpcMessage (New-IpcTopic) -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
        { Receive-IpcMessage (New-IpcPipe).Writer -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
        Close-IpcQueue $q
        { Receive-IpcMessage $q -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }
}
