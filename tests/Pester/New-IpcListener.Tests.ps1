BeforeDiscovery { . $PSScriptRoot/Setup.ps1 }

BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'New-IpcListener' {
    AfterEach { Remove-TestObject }

    BeforeEach { $address = Join-Path ([IO.Path]::GetTempPath()) "pester-$([guid]::NewGuid().ToString('N'))" }
    AfterEach { if ($listener) { Close-IpcListener $listener } }

    It 'listens at a socket of its own, at a path, or at a port' {
        foreach ($listener in (New-IpcListener), (New-IpcListener $address), (New-IpcListener 'localhost:0')) {
            $client = Connect-IpcPipe $listener.Address
            $server = Receive-IpcConnection $listener -Timeout 60
            @{ n = 1 } | Send-IpcMessage $client
            (Receive-IpcMessage $server -Timeout 60).n | Should -Be 1
            $client, $server | Close-IpcPipe
            Close-IpcListener $listener
        }
        Test-Path $address | Should -BeFalse
    }

    It 'makes a socket for its user alone, or for whom it is told' -Skip:$IsWindows {
        $listener = New-IpcListener $address
        [IO.File]::GetUnixFileMode($address) | Should -Be ([IO.UnixFileMode]'UserRead, UserWrite')
        Close-IpcListener $listener
        $listener = New-IpcListener $address -FileMode 'UserRead, UserWrite, GroupRead, GroupWrite'
        [IO.File]::GetUnixFileMode($address) | Should -Be ([IO.UnixFileMode]'UserRead, UserWrite, GroupRead, GroupWrite')
    }

    It 'takes a Python client' -Skip:(-not $python -or $IsWindows) {
        $listener = New-IpcListener $address -Protocol Python -AuthKey (ConvertTo-SecureString 'key' -AsPlainText -Force)
        $child = Start-Python "import sys; from multiprocessing.connection import Client; c = Client(sys.argv[1], authkey=b'key'); c.send({'n': 1}); print(c.recv())" $address
        $connection = Receive-IpcConnection $listener -Timeout 60
        (Receive-IpcMessage $connection -Timeout 60).n | Should -Be 1
        'answer' | Send-IpcMessage $connection
        $child.StandardOutput.ReadLine() | Should -Be 'answer'
        Receive-IpcMessage $connection -Wait | Should -BeNullOrEmpty
        ($listener | Format-Table | Out-String -Width 200) | Should -Match 'yes.*Open.*Pickle'
        ($connection | Format-Table | Out-String) | Should -Match 'Closed'
        $connection | Close-IpcPipe
    }

    It 'writes NumPy arrays, and reads classes that are not known, where it is told to' -Skip:(-not $python -or $IsWindows) {
        $listener = New-IpcListener $address -NumPy -AllowUnknown
        $child = Start-Python "import sys; from multiprocessing.connection import Client; Order = type('Order', (), {}); c = Client(sys.argv[1]); c.send(Order()); print(b'numpy' in c.recv_bytes())" $address
        $connection = Receive-IpcConnection $listener -Timeout 60
        (Receive-IpcMessage $connection -Timeout 60).pstypenames | Should -Contain '__main__.Order'
        Send-IpcMessage $connection ([double[]](1, 2))
        $child.StandardOutput.ReadLine() | Should -Be 'True'
        $connection | Close-IpcPipe
    }

    It 'carries what a serializer keeps between two PowerShells' {
        $listener = New-IpcListener -Serializer MessagePack
        $client = Connect-IpcPipe $listener.Address -Serializer MessagePack
        $server = Receive-IpcConnection $listener -Timeout 60
        [version]'1.2' | Send-IpcMessage $client
        Receive-IpcMessage $server -Timeout 60 | Should -BeOfType [version]
        $client, $server | Close-IpcPipe
    }

    It 'is the only listener at its address, whichever network it is on' {
        foreach ($listener in (New-IpcListener $address), (New-IpcListener '127.0.0.1:0'), (New-IpcListener '*:0')) {
            { New-IpcListener $listener.Address -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*' -ExpectedMessage '*in use by another listener*'
            if ($listener.Address -match ':(?<port>\d+)$') {
                foreach ($same in "127.0.0.1:$($Matches.port)", "*:$($Matches.port)") {
                    { New-IpcListener $same -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
                }
            }
            $other = Start-Other { New-IpcListener $using:listener.Address }
            $null = $other | Wait-ProcessPoolTask -Timeout 60
            { $other | Receive-ProcessPoolTask -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists*'
            $client = Connect-IpcPipe ($listener.Address -replace '^\*', '127.0.0.1')
            $server = Receive-IpcConnection $listener -Timeout 60
            $server, $client | Close-IpcPipe
            Close-IpcListener $listener
        }
    }

    It 'takes the address of a listener that was closed a moment ago' {
        $listener = New-IpcListener '127.0.0.1:0'
        foreach ($round in 1..3) {
            $at = $listener.Address
            $client = Connect-IpcPipe $at
            $server = Receive-IpcConnection $listener -Timeout 60
            $server, $client | Close-IpcPipe # the side that closes first keeps its port in TIME_WAIT
            Close-IpcListener $listener
            $listener = New-IpcListener $at -ErrorAction Stop
        }
        $listener.IsClosed | Should -BeFalse
    }

    It 'says where it cannot listen' {
        $listener = New-IpcListener $address
        { New-IpcListener $address -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { New-IpcListener '/no/such/folder/socket' -ErrorAction Stop } | Should -Throw -ErrorId 'Ipc*'
        { New-IpcListener -AuthKey 42 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
    }
}
