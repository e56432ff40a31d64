BeforeAll {
    . $PSScriptRoot/Setup.ps1

    function Invoke-Collection {
        1..3 | ForEach-Object { [GC]::Collect(); [GC]::WaitForPendingFinalizers() }
    }
}

Describe 'An object that was made without a name' {
    BeforeEach {
        $folder = $env:PSIPC_DIRECTORY
        $env:PSIPC_DIRECTORY = (New-Item -ItemType Directory "$TestDrive/$(New-Guid)").FullName
    }

    AfterEach {
        Remove-TestObject
        $env:PSIPC_DIRECTORY = $folder
    }

    It 'gives its memory back when no variable refers to it any more: <Name>' -ForEach @(
        @{ Name = 'queues'; Use = { $q = New-IpcQueue; $_ | Send-IpcMessage $q; Receive-IpcMessage $q } }
        @{ Name = 'arrays'; Use = { $a = New-SharedArray -Length 500000; $a[1] = $_; $a.Sum() } }
        @{ Name = 'pipes'; Use = { $p = New-IpcPipe -Capacity 4MB; $_ | Send-IpcMessage $p.Writer; Receive-IpcMessage $p.Reader } }
        @{ Name = 'memory'; Use = { $m = New-SharedMemory -Size 4MB; $m.Write[int](0, $_); $m.Read[int](0) } }
    ) {
        $most = 0
        1..100 | ForEach-Object {
            . $Use | Should -Be $_
            $most = [Math]::Max($most, (Get-ChildItem $env:PSIPC_DIRECTORY | Measure-Object Length -Sum).Sum)
        }
        $most | Should -BeLessThan 200MB # of 400 in all
        Invoke-Collection
        (Get-IpcObject).Count | Should -BeLessThan 10
    }

    It 'is there as long as a part of it is' {
        $reader = (New-IpcPipe).Reader
        $lock = (New-SharedArray -Length 10).Lock
        $part = (New-SharedArray -Length 10).Slice(2, 3)
        $stream = (New-SharedMemory -Size 100).OpenStream()
        $rest = (New-SharedArray -InputObject 1, 2, 3).GetEnumerator()
        Invoke-Collection
        $reader.IsClosed, $lock.IsRemoved, $part.IsRemoved | Should -Be $false, $false, $false
        $part[0] = 5.0
        $part.ToArray() | Should -Be 5, 0, 0
        $stream.ReadByte() | Should -Be 0
        @($rest) | Should -Be 1, 2, 3
        Get-IpcObject | Should -HaveCount 5
    }

    It 'is there while a method of it runs on another thread' {
        $pipe = New-IpcPipe
        $writer = $pipe.Writer
        $received = [Threading.Tasks.Task[object]]::Run([Func[object]] $pipe.Reader.Receive)
        $copy = [Threading.Tasks.Task[array]]::Run([Func[array]] (New-SharedArray -Length 5000000).PSObject.BaseObject.ToArray)
        $pipe = $null
        Invoke-Collection
        'sent' | Send-IpcMessage $writer
        $received.Result | Should -Be 'sent'
        $copy.Result.Length | Should -Be 5000000
    }

    It 'is there for good when it has travelled, or its name was read' {
        $name = (New-IpcQueue).Name
        $outer = New-IpcQueue
        $inner = New-IpcQueue
        $inner | Send-IpcMessage $outer
        'waits' | Send-IpcMessage $inner
        $inner = $null
        Invoke-Collection
        Get-IpcQueue $name | Should -HaveCount 1
        Receive-IpcMessage (Receive-IpcMessage $outer) -NoWait | Should -Be 'waits'
    }
}

Describe 'An object with a name' {
    AfterEach { Remove-TestObject }

    It 'is there until it is removed, whatever refers to it' {
        $null = New-IpcQueue "pester-$PID-named"
        Invoke-Collection
        Get-IpcQueue "pester-$PID-named" | Should -HaveCount 1
        (Get-IpcObject "pester-$PID-named").AttachedProcesses | Should -Be $PID
    }
}
