BeforeDiscovery { . $PSScriptRoot/Setup.ps1 }

BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Receive-IpcConnection' {
    AfterEach { Remove-TestObject }

    BeforeEach { $listener = New-IpcListener }
    AfterEach { Close-IpcListener $listener }

    It 'takes one, some, or all that are there' {
        Receive-IpcConnection $listener -Available | Should -BeNullOrEmpty
        $address = $listener.Address
        $other = Start-Other { $global:open = 1..5 | ForEach-Object { Connect-IpcPipe $using:address } }
        $all = @(Receive-IpcConnection $listener -Timeout 60) + @(Receive-IpcConnection $listener 2) + @(Receive-IpcConnection -Listener $listener -Wait | Select-Object -First 2)
        $all | Should -HaveCount 5
        $all[0].GetType().Name | Should -Be 'IpcConnection'
        Receive-ProcessPoolTask $other
        $all | Close-IpcPipe
    }

    It 'gives an error for a client with another key, and takes the next' -Skip:(-not $python -or $IsWindows) {
        $keyed = New-IpcListener -AuthKey right
        $child = Start-Python "import sys; from multiprocessing.connection import Client; import multiprocessing
try: Client(sys.argv[1], authkey=b'wrong')
except multiprocessing.AuthenticationError: print('refused')" $keyed.Address
        { Receive-IpcConnection $keyed -Timeout 60 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAuthenticationFailed,*'
        $child.StandardOutput.ReadLine() | Should -Be 'refused'
        Close-IpcListener $keyed
    }

    It 'says that nobody came' {
        { Receive-IpcConnection $listener -Timeout 0.05 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTimeout,*'
    }
}
