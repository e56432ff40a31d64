BeforeDiscovery { . $PSScriptRoot/Setup.ps1 }

BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Connect-IpcPipe' {
    AfterEach { Remove-TestObject }

    It 'connects to a listener of another process, which it waits for' {
        $address = Join-Path ([IO.Path]::GetTempPath()) "pester-$([guid]::NewGuid().ToString('N'))"
        $other = Start-Other {
            $l = New-IpcListener $using:address -AuthKey secret
            $c = Receive-IpcConnection $l
            Send-IpcMessage $c (1 + (Receive-IpcMessage $c))
            $null = Receive-IpcMessage $c -Wait
            Close-IpcListener $l
        }
        $c = Connect-IpcPipe $address -AuthKey secret -Wait -Timeout 60
        Send-IpcMessage $c 41
        Receive-IpcMessage $c -Timeout 60 | Should -Be 42
        Close-IpcPipe $c
        Receive-ProcessPoolTask $other
    }

    It 'connects to a Python listener' -Skip:(-not $python -or $IsWindows) {
        $address = Join-Path ([IO.Path]::GetTempPath()) "pester-$([guid]::NewGuid().ToString('N'))"
        $child = Start-Python "import sys; from multiprocessing.connection import Listener
from fractions import Fraction
with Listener(sys.argv[1], authkey=b'key') as l, l.accept() as c:
    print(b'numpy' in c.recv_bytes(), flush=True); c.send(Fraction(1, 3)); print(c.recv_bytes(), flush=True)" $address
        $c = Connect-IpcPipe $address -Protocol Python -AuthKey ([byte[]][char[]]'key') -NumPy -AllowUnknown -Wait -Timeout 60
        Send-IpcMessage $c ([double[]](1, 2))
        $child.StandardOutput.ReadLine() | Should -Be 'True'
        (Receive-IpcMessage $c -Timeout 60).pstypenames | Should -Contain 'fractions.Fraction'
        Send-IpcMessage $c ([byte[]][char[]]'raw') -Serializer Raw
        $child.StandardOutput.ReadLine() | Should -Be "b'raw'"
        Close-IpcPipe $c
    }

    It 'says why it does not connect' {
        { Connect-IpcPipe /no/such/socket -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotFound,*'
        { Connect-IpcPipe /no/such/socket -Wait -Timeout 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
        { Connect-IpcPipe 'host:port:x' -ErrorAction Stop } | Should -Throw -ErrorId 'Ipc*'
        $listener = New-IpcListener -AuthKey right
        { Connect-IpcPipe $listener.Address -AuthKey wrong -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAuthenticationFailed,*'
        { Connect-IpcPipe $listener.Address -Serializer none -AuthKey right -ErrorAction Stop } | Should -Throw -ErrorId 'Ipc*'
        Close-IpcListener $listener
    }
}
