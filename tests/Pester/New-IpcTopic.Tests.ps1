BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcTopic' {
    AfterEach { Remove-TestObject }

    It 'gives every message to every subscription' {
        $topic = New-IpcTopic
        $subscriptions = 1..3 | ForEach-Object { New-IpcSubscription $topic.Name }
        $there = New-IpcSubscription $topic
        $other = Start-Other { Receive-IpcMessage $using:there -Wait }
        Get-Date -Date 2026-01-02 | Send-IpcMessage $topic
        Close-IpcTopic $topic
        foreach ($subscription in $subscriptions) {
            Receive-IpcMessage $subscription -Wait | Should -Be (Get-Date -Date 2026-01-02)
        }
        Receive-ProcessPoolTask $other -Timeout 60 | Should -Be (Get-Date -Date 2026-01-02)
        $topic.Published, $topic.IsClosed | Should -Be 1, $true
    }

    It 'drops the oldest where it may, and waits where it may not' {
        $topic = New-IpcTopic -Capacity 4KB -OnOverflow DropOldest
        $subscription = New-IpcSubscription $topic
        1..500 | Send-IpcMessage $topic
        $got = @(Receive-IpcMessage $subscription -Available)
        $got[-1] | Should -Be 500
        $subscription.Lost | Should -BeGreaterThan 0
        $subscription.Lost + $got.Count | Should -Be 500
        $full = New-IpcTopic -Capacity 4KB -OnOverflow Block
        $slow = New-IpcSubscription $full
        1..500 | Send-IpcMessage $full -NoWait -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'IpcTimeout,*'
        { 1 | Send-IpcMessage $full -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        $slow.Lost | Should -Be 0
    }

    It 'takes a serializer, a layout, and a name to stay by' {
        (New-IpcTopic -Serializer Json).Serializer | Should -Be 'Json'
        (New-IpcTopic -Layout 'struct PesterNews { int x; };').Serializer | Should -Be 'CStruct'
        $kept = New-IpcTopic "pester-$PID" -Persistent
        $kept.Dispose()
        (Get-IpcTopic "pester-$PID").Name | Should -Be "pester-$PID"
    }

    It 'says what it cannot make' {
        $topic = New-IpcTopic
        { New-IpcTopic $topic.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcTopic 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
        { New-IpcTopic -Capacity 1PB } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'wants a server that the session is connected to' {
        { New-IpcTopic any-name -Server no-such-server -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
    }

    It 'opens the one that exists with -OpenExisting, and makes it where there is none' {
        $made = New-IpcTopic -Name "pester-open-$PID" -OpenExisting
        New-IpcTopic -Name $made.Name -OpenExisting | ForEach-Object { [object]::ReferenceEquals($_, $made) | Should -BeTrue }
        Start-Other { $same = New-IpcTopic -Name $using:made.Name -OpenExisting; $same.Name } | Receive-ProcessPoolTask | Should -Be $made.Name
        @(Get-IpcTopic "pester-open-$PID*").Count | Should -Be 1
        { New-IpcTopic -Name $made.Name -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcTopic -Name $made.Name -Capacity 8KB -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Capacity *'
        { New-IpcTopic -Name $made.Name -OnOverflow DropOldest -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with OnOverflow *'
        { New-IpcTopic -Name $made.Name -Serializer Json -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Serializer *'
        { New-IpcTopic -Name $made.Name -Persistent -OpenExisting -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*with Persistent *'
    }
}
