BeforeDiscovery {
    $script:python = @('python3', 'python' | Where-Object { Get-Command $_ -CommandType Application -ErrorAction Ignore })[0]
}

BeforeAll {
    $module = $env:PSIPC_MODULE ? $env:PSIPC_MODULE : "$PSScriptRoot/../../out/PSIpc/PSIpc.psd1"
    Import-Module $module -Force
    $python = @('python3', 'python' | Where-Object { Get-Command $_ -CommandType Application -ErrorAction Ignore })[0]

    function Start-Python([string] $Script, [string] $Address) {
        $start = [Diagnostics.ProcessStartInfo]::new($python)
        '-c', $Script, $Address | ForEach-Object { $start.ArgumentList.Add($_) }
        $start.RedirectStandardOutput = $true
        [Diagnostics.Process]::Start($start)
    }
}

Describe 'The serializer Pickle' {
    It 'keeps values, order and identity' {
        $shared = [ordered]@{ z = 1; a = 2 }
        $out = ConvertFrom-IpcData (ConvertTo-IpcData @($shared, $shared, 1.5d, [guid]::Empty) Pickle) Pickle
        [object]::ReferenceEquals($out[0], $out[1]) | Should -BeTrue
        @($out[0].Keys) | Should -Be 'z', 'a'
        $out[2] | Should -BeOfType [decimal]
        $out[3] | Should -BeOfType [guid]
    }

    It 'refuses what is not data' {
        $exploit = [Text.Encoding]::ASCII.GetBytes("cos`nsystem`n(S'true'`ntR.")
        { ConvertFrom-IpcData $exploit Pickle -ErrorAction Stop } | Should -Throw -ErrorId 'IpcTypeNotAllowed,*' -ExpectedMessage '*os.system*'
    }

    It 'takes its options with its own serializer only' {
        { ConvertTo-IpcData 1 Json -NumPy -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
    }

    It 'is read by Python and back, protocol <_>' -TestCases 2, 3, 4, 5 -Skip:(-not $python) {
        $file = Join-Path $TestDrive 'data'
        [IO.File]::WriteAllBytes($file, (ConvertTo-IpcData @{ n = 1, 2.5; s = 'ä'; b = [byte[]](1, 2) } Pickle -Protocol $_))
        $child = Start-Python "import pickle, sys; v = pickle.load(open(sys.argv[1], 'rb')); v['t'] = (v['n'], None); open(sys.argv[1], 'wb').write(pickle.dumps(v, $_))" $file
        $child.WaitForExit()
        $out = ConvertFrom-IpcData ([IO.File]::ReadAllBytes($file)) Pickle
        $out.n | Should -Be 1, 2.5
        $out.b | Should -Be 1, 2
        $out.t.Count | Should -Be 2
    }
}

Describe 'Connections' -Skip:(-not $python -or $IsWindows) {
    BeforeEach { $address = Join-Path ([IO.Path]::GetTempPath()) "pester-$([guid]::NewGuid().ToString('N'))" }

    It 'take a Python client' {
        $listener = New-IpcListener $address -AuthKey (ConvertTo-SecureString 'key' -AsPlainText -Force)
        $child = Start-Python "import sys; from multiprocessing.connection import Client; c = Client(sys.argv[1], authkey=b'key'); c.send({'n': 1}); print(c.recv())" $address
        $connection = Receive-IpcConnection $listener -Timeout 30
        (Receive-IpcMessage $connection -Timeout 30).n | Should -Be 1
        'answer' | Send-IpcMessage $connection
        $child.StandardOutput.ReadLine() | Should -Be 'answer'
        Receive-IpcMessage $connection -Wait | Should -BeNullOrEmpty
        ($listener | Format-Table | Out-String) | Should -Match 'yes.*Open.*Pickle'
        ($connection | Format-Table | Out-String) | Should -Match 'Closed'
        $connection | Close-IpcPipe
        $listener | Close-IpcListener
        Test-Path $address | Should -BeFalse
    }

    It 'end with an error for a wrong key' {
        $listener = New-IpcListener $address -AuthKey right
        $child = Start-Python "import sys; from multiprocessing.connection import Client; import multiprocessing
try: Client(sys.argv[1], authkey=b'wrong')
except multiprocessing.AuthenticationError: print('refused')" $address
        { Receive-IpcConnection $listener -Timeout 30 -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAuthenticationFailed,*'
        $child.StandardOutput.ReadLine() | Should -Be 'refused'
        Close-IpcListener $listener
    }
}
