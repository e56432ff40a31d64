BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Send-IpcMessage' {
    AfterEach { Remove-TestObject }

    BeforeEach { $q = New-IpcQueue -MaxCount 4 }

    It 'sends each object of the pipeline, and an array as one' {
        1..2 | Send-IpcMessage $q
        Send-IpcMessage -Channel $q.Name -InputObject (3, 4)
        Send-IpcMessage $q $null
        $q.Count | Should -Be 4
        $out = @(Receive-IpcMessage $q -Available)
        $out[2] | Should -Be 3, 4
        $out[3] | Should -BeNullOrEmpty
    }

    It 'goes into queues, topics, pipes and connections' {
        $pipe = New-IpcPipe
        $topic = New-IpcTopic
        $subscription = New-IpcSubscription $topic
        $listener = New-IpcListener
        $client = Connect-IpcPipe $listener.Address
        $server = Receive-IpcConnection $listener
        foreach ($pair in ($q, $q), ($pipe.Writer, $pipe.Reader), ($topic, $subscription), ($client, $server)) {
            Send-IpcMessage $pair[0] 'x'
            Receive-IpcMessage $pair[1] -Timeout 60 | Should -Be 'x'
        }
        $client, $server | Close-IpcPipe
        Close-IpcListener $listener
    }

    It 'writes by the serializer or layout that it is given' {
        1 | Send-IpcMessage $q -Serializer Json
        @{ x = 7 } | Send-IpcMessage $q -Serializer CStruct -Layout 'struct PesterSent { int16_t x; };'
        , [double[]](1, 2) | Send-IpcMessage $q -Serializer Pickle -NumPy
        $got = Receive-IpcMessage $q -Count 3 -IncludeMetadata
        $got.Serializer | Should -Be 'Json', 'CStruct', 'Pickle'
        $got[1].Body.x | Should -Be 7
        $got[2].Body.GetType() | Should -Be ([double[]])
    }

    It 'waits for room, or does not' {
        1..4 | Send-IpcMessage $q
        { Send-IpcMessage $q 5 -NoWait -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Send-IpcMessage $q 5 -NoWait:$false -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { 5 | Send-IpcMessage $q -NoWait -Timeout 5 } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        $other = Start-Other { Receive-IpcMessage $using:q -Count 5 }
        5 | Send-IpcMessage $q -Timeout ([timespan]::FromSeconds(60))
        Receive-ProcessPoolTask $other -Timeout 60 | Should -Be (1..5)
    }

    It 'goes on after an object that cannot be sent, and writes those that were' {
        $round = @{}
        $round.self = $round
        1, $round, 2 | Send-IpcMessage $q -PassThru -ErrorAction SilentlyContinue -ErrorVariable problem | Should -Be 1, 2
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'IpcSerialization,*'
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidData'
    }

    It 'sends what is larger than the channel, and IPC objects alive' {
        $small = New-IpcQueue -Capacity 4KB
        Send-IpcMessage $small ('x' * 100KB)
        (Receive-IpcMessage $small).Length | Should -Be 100KB
        Send-IpcMessage $small @{ ReplyTo = $q }
        (Receive-IpcMessage $small).ReplyTo | ForEach-Object { 'answer' | Send-IpcMessage $_ }
        Receive-IpcMessage $q | Should -Be 'answer'
    }

    It 'sends secrets into what outlives its processes only with -AllowSecret' {
        $lasting = New-IpcQueue -Persistent
        $credential = [pscredential]::new('me', [securestring]::new())
        { $credential | Send-IpcMessage $lasting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization,*'
        $credential | Send-IpcMessage $lasting -AllowSecret
        (Receive-IpcMessage $lasting).UserName | Should -Be 'me'
        Remove-IpcQueue $lasting
    }

    It 'says why it cannot send' {
        { 1 | Send-IpcMessage no-such-channel -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { 1 | Send-IpcMessage 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { 1 | Send-IpcMessage $q -Serializer none -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { 1 | Send-IpcMessage $q -Layout int -ErrorAction Stop } | Should -Throw -ErrorId 'IpcN*'
        $topic = New-IpcTopic
        foreach ($receiver in (New-IpcPipe).Reader, (New-IpcPipe -Duplex), (New-IpcSubscription $topic)) {
            { 1 | Send-IpcMessage $receiver -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
        }
        $same = New-IpcQueue $topic.Name
        { 1 | Send-IpcMessage $same.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*' # a queue or a topic?
        Close-IpcQueue $q
        { 1 | Send-IpcMessage $q -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }
}
