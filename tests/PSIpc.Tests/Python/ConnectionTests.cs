using System.Diagnostics;
using System.Management.Automation;
using System.Net.Sockets;

namespace PSIpc.Tests;

/// <summary>Connections to and from the real python3, and between two PowerShell sessions.</summary>
public sealed class ConnectionTests : IDisposable
{
    private readonly PowerShellSession _session = new();
    private readonly TemporaryFolder _folder = new();

    public ConnectionTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "these tests use Unix sockets");

    private string SocketPath => Path.Combine(_folder.Path, "s");

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("path", null)]
    [InlineData("path", "secret")]
    [InlineData("127.0.0.1:0", null)]
    [InlineData("localhost:0", "secret")]
    public void Our_listener_takes_Pythons_client(string address, string? key)
    {
        using Process client = PythonProgram.Start(PythonProgram.Required, """
            import sys
            from multiprocessing.connection import Client
            address, key = sys.stdin.readline().strip(), sys.stdin.readline().strip().encode() or None
            if ':' in address: host, port = address.rsplit(':', 1); address = (host, int(port))
            with Client(address, authkey=key) as c:
                c.send({'n': 1, 'list': [1.5, None, (1, 2)]})
                print(c.recv())
                c.send_bytes(b'raw')
                print(c.recv_bytes())
                print(c.poll(0), c.poll(5), c.recv())
            """);
        object?[] output = _session.RunCleanly(
            """
            $listener = New-IpcListener $address @extra
            $client.StandardInput.WriteLine($listener.Address); $client.StandardInput.WriteLine("$key")
            $c = Receive-IpcConnection $listener -Timeout 60
            $got = Receive-IpcMessage $c -Timeout 60
            "$($got.n) $($got.list.Count) $($got.list[2].Count)"
            Send-IpcMessage $c @{ answer = 42 }
            Receive-IpcMessage $c -Serializer Raw
            Send-IpcMessage $c 'bytes' -Serializer Raw
            [Threading.Thread]::Sleep(300)
            Send-IpcMessage $c ([PSIpc.PythonTuple]::new('done'))
            @(Receive-IpcMessage $c -Wait).Count
            $c.IsClosed, $c.IsAuthenticated, ($c.PeerId -in 0, $client.Id), $listener.Accepted
            Close-IpcPipe $c; Close-IpcListener $listener
            """,
            ("address", address == "path" ? SocketPath : address),
            ("extra", key is null ? new System.Collections.Hashtable() : new System.Collections.Hashtable { ["AuthKey"] = key }),
            ("key", key),
            ("client", client));
        Assert.Equal(["1 3 2", "raw"u8.ToArray(), 0, true, key is not null, true, 1L], output);
        Assert.Equal(["{'answer': 42}", "b'bytes'", "False True ('done',)"], client.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(File.Exists(SocketPath));
    }

    [Theory]
    [InlineData("path", null)]
    [InlineData("path", "secret")]
    [InlineData("tcp", "secret")]
    public void Our_client_connects_to_Pythons_listener(string address, string? key)
    {
        using Process server = PythonProgram.Start(PythonProgram.Required, """
            import sys
            from multiprocessing.connection import Listener
            where, key = sys.stdin.readline().strip(), sys.stdin.readline().strip().encode() or None
            with Listener(('127.0.0.1', 0) if where == 'tcp' else where, authkey=key) as l:
                print(l.address if where != 'tcp' else '%s:%d' % l.address)
                with l.accept() as c:
                    while True:
                        try: message = c.recv()
                        except EOFError: break
                        c.send([type(message).__name__, message])
            print('end')
            """);
        server.StandardInput.WriteLine(address == "path" ? SocketPath : address);
        server.StandardInput.WriteLine(key);
        object?[] output = _session.RunCleanly(
            """
            $secure = if ($key) { $s = [securestring]::new(); $key.ToCharArray().ForEach{ $s.AppendChar($_) }; @{ AuthKey = $s } } else { @{} }
            $c = Connect-IpcPipe $where @secure -Timeout 60
            foreach ($value in 5, 'text', $null, @(1, 2), 1.5d) { Send-IpcMessage $c $value; (Receive-IpcMessage $c -Timeout 60)[0] }
            $c.Send((1, 2), 60); $c.Receive(60)[1].Count
            $c | Close-IpcPipe
            try { $c.Send(1) } catch { $_.Exception.InnerException.Kind.ToString() }
            """,
            ("where", server.StandardOutput.ReadLine()),
            ("key", key));
        Assert.Equal(["int", "str", "NoneType", "list", "Decimal", 2, "Closed"], output);
        Assert.Equal("end", server.StandardOutput.ReadLine());
    }

    [Fact]
    public void A_hundred_clients_are_served_at_once()
    {
        using Process clients = PythonProgram.Start(PythonProgram.Required, """
            import sys
            from multiprocessing.connection import Client
            from threading import Thread
            path = sys.argv[1]
            sys.stdin.readline()
            answers = []
            def one(i):
                with Client(path, authkey=b'k') as c:
                    c.send(i); answers.append(c.recv() == i * i)
            threads = [Thread(target=one, args=(i,)) for i in range(100)]
            for t in threads: t.start()
            for t in threads: t.join()
            print(len(answers), all(answers))
            """, SocketPath);
        object?[] output = _session.RunCleanly(
            """
            $listener = New-IpcListener $path -AuthKey k
            $clients.StandardInput.WriteLine()
            $open = [Collections.Generic.List[object]]::new(); $served = 0
            while ($served -lt 100) {
                foreach ($ready in Wait-IpcObject (@($listener) + $open) -Timeout 60) {
                    if ($ready -is [PSIpc.IpcListener]) { $open.Add((Receive-IpcConnection $ready)); continue }
                    $number = Receive-IpcMessage $ready
                    Send-IpcMessage $ready ($number * $number)
                    $served++
                    $null = $open.Remove($ready)
                }
            }
            $served, $listener.Accepted
            Close-IpcListener $listener
            """,
            ("path", SocketPath),
            ("clients", clients));
        Assert.Equal([100, 100L], output);
        Assert.Equal("100 True", clients.StandardOutput.ReadLine());
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void A_gigabyte_goes_in_one_message_both_ways()
    {
        using Process peer = PythonProgram.Start(PythonProgram.Required, """
            import sys
            from multiprocessing.connection import Client
            with Client(sys.stdin.readline().strip()) as c:
                data = bytes(range(256)) * (1 << 22)
                c.send_bytes(data)
                back = c.recv_bytes()
                print(len(back), back == data)
            """);
        object?[] output = _session.RunCleanly(
            """
            $listener = New-IpcListener $path -Serializer Raw
            $peer.StandardInput.WriteLine($path)
            $c = Receive-IpcConnection $listener -Timeout 60
            $data = $c.ReceiveBytes()
            $data.Length, $data[255], $data[-1], $data[1GB / 2 + 5]
            $c.SendBytes($data)
            Close-IpcListener $listener
            """,
            ("path", SocketPath),
            ("peer", peer));
        Assert.Equal([1 << 30, (byte)255, (byte)255, (byte)5], output);
        Assert.Equal("1073741824 True", peer.StandardOutput.ReadLine());
    }

    [Fact]
    public void The_long_form_of_a_length_is_read_and_what_is_too_large_is_refused_without_room_for_it()
    {
        using Process peer = PythonProgram.Start(PythonProgram.Required, """
            import socket, struct, sys
            path = sys.stdin.readline().strip()
            for length, body in ((5, b'hello'), (1 << 40, b'x'), (None, b'\xff\xff\xff\xf0')):
                s = socket.socket(socket.AF_UNIX); s.connect(path)
                s.sendall(body if length is None else struct.pack('!iQ', -1, length) + body)
                sys.stdin.readline()
            """);
        _session.Run(
            """
            $listener = New-IpcListener $path -Serializer Raw
            $peer.StandardInput.WriteLine($path)
            foreach ($i in 1..3) {
                $c = Receive-IpcConnection $listener -Timeout 60
                if ($i -eq 1) { if ([Text.Encoding]::ASCII.GetString((Receive-IpcMessage $c -Timeout 60)) -ne 'hello') { throw 'not hello' } }
                else { Receive-IpcMessage $c -Timeout 60; if (-not $c.IsClosed) { throw 'open' } }
                $peer.StandardInput.WriteLine()
            }
            Close-IpcListener $listener
            """,
            ("path", SocketPath),
            ("peer", peer));
        Assert.Equal(["IpcMessageTooLarge", "IpcCorruptData"], _session.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
    }

    [Fact]
    public void A_peer_that_is_killed_between_messages_is_the_end_and_in_the_middle_of_one_an_error()
    {
        using Process peer = PythonProgram.Start(PythonProgram.Required, """
            import os, socket, struct, sys
            from multiprocessing.connection import Client
            path = sys.stdin.readline().strip()
            c = Client(path); c.send('whole')
            d = Client(path); d.send('whole'); os.write(d.fileno(), struct.pack('!i', 1000000) + b'x' * 100000)
            print('sent', flush=True)
            sys.stdin.readline()
            """);
        object?[] output = _session.Run(
            """
            $listener = New-IpcListener $path
            $peer.StandardInput.WriteLine($path)
            $c, $d = Receive-IpcConnection $listener -Count 2 -Timeout 60
            $null = $peer.StandardOutput.ReadLine()
            Receive-IpcMessage $c; Receive-IpcMessage $d
            Receive-IpcMessage $d -Timeout 0.1        # a part of one has come, and stays for later
            $peer.Kill(); $peer.WaitForExit()
            @(Receive-IpcMessage $c -Wait).Count
            Receive-IpcMessage $c
            Receive-IpcMessage $d
            Send-IpcMessage $c 1
            Close-IpcListener $listener
            """,
            ("path", SocketPath),
            ("peer", peer)).Select(o => o.BaseObject).ToArray();
        Assert.Equal(["whole", "whole", 0], output);
        Assert.Equal(["IpcTimeout", "IpcClosed", "IpcPeerGone", "IpcClosed"], _session.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
    }

    [Fact]
    public void PowerShell_processes_talk_by_any_serializer_and_one_does_not_travel()
    {
        object?[] output = _session.RunCleanly(
            """
            $listener = New-IpcListener $path -Serializer MessagePack -AuthKey k
            $other = Start-IpcProcess { $c = Connect-IpcPipe $using:path -Serializer MessagePack -AuthKey k -Wait -Timeout 60; 1..1000 | ForEach-Object { [pscustomobject]@{ N = $_ } } | Send-IpcMessage $c; (Receive-IpcMessage $c).GetType().Name }
            $c = Receive-IpcConnection $listener -Timeout 60
            $all = Receive-IpcMessage $c -Count 1000 -Timeout 60
            $all[-1].N, $all[0].pstypenames[0]
            Send-IpcMessage $c ([guid]::Empty)
            $other | Wait-IpcProcess | Receive-IpcProcess
            $other | Remove-IpcProcess
            (Receive-IpcMessage $c -Available).Count
            Close-IpcListener $listener
            """,
            ("path", SocketPath));
        Assert.Equal([1000, "System.Management.Automation.PSCustomObject", "Guid", 0], output);
        Assert.StartsWith("IpcNotSupported", _session.RunForError("$q = New-IpcQueue; Send-IpcMessage $q $c; Remove-IpcQueue $q").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("IpcNotSupported", _session.RunForError("$q = New-IpcQueue; Receive-IpcMessage $q -Serializer Raw; Remove-IpcQueue $q").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_has_its_own_way_with_pickles_and_other_serializers_go_beside_it()
    {
        object?[] output = _session.RunCleanly(
            """
            $listener = New-IpcListener $path -NumPy -AllowUnknown
            $c = Connect-IpcPipe $path
            $d = Receive-IpcConnection $listener
            Send-IpcMessage $d ([double[]](1, 2)); (Receive-IpcMessage $c).GetType().Name
            $d.NumPy = $false
            Send-IpcMessage $d ([double[]](1, 2)); (Receive-IpcMessage $c).GetType().Name
            Send-IpcMessage $d ([double[]](1, 2)) -NumPy; (Receive-IpcMessage $c).GetType().Name
            Send-IpcMessage $d 'raw' -Serializer Raw; (Receive-IpcMessage $c -Serializer Raw).Length
            $d.PickleProtocol = 2
            Send-IpcMessage $d 1; $c.ReceiveBytes()[1]
            Send-IpcMessage $c ([Text.Encoding]::Latin1.GetBytes("cshop`nItem`n)$([char]0x81).")) -Serializer Raw
            (Receive-IpcMessage $d).pstypenames[0]
            Close-IpcListener $listener
            """,
            ("path", SocketPath));
        Assert.Equal(["Double[]", "List`1", "Double[]", 3, (byte)2, "shop.Item"], output);
    }

    [Fact]
    public void Waits_end_by_time_and_the_file_is_private_and_replaced_only_when_nobody_listens()
    {
        object?[] output = _session.Run(
            """
            $listener = New-IpcListener $path
            [IO.File]::GetUnixFileMode($path)
            New-IpcListener $path
            Receive-IpcConnection $listener -Timeout 0.05
            $c = Connect-IpcPipe $path
            $d = Receive-IpcConnection $listener
            Receive-IpcMessage $c -Timeout 0.05
            $d.Close()
            Wait-IpcObject $c -Timeout 60 | ForEach-Object { $_.IsClosed }
            Receive-IpcMessage $c
            Close-IpcListener $listener
            Receive-IpcConnection $listener
            Connect-IpcPipe $path
            [IO.File]::WriteAllText($path, 'mine')
            New-IpcListener $path
            [IO.File]::ReadAllText($path)
            [IO.File]::Delete($path)
            # What a killed process leaves: a socket that nobody listens at.
            $killed = Start-IpcProcess { $l = New-IpcListener $using:path; 'listens'; Receive-IpcConnection $l }
            while (-not [IO.File]::Exists($path)) { [Threading.Thread]::Sleep(10) }
            Stop-IpcProcess $killed -Force; $killed | Wait-IpcProcess -ErrorAction Ignore | Remove-IpcProcess
            [IO.File]::Exists($path)
            $again = New-IpcListener $path -FileMode 'UserRead, UserWrite, GroupRead, GroupWrite'
            [IO.File]::GetUnixFileMode($path).ToString()
            Close-IpcListener $again -WhatIf; $again.IsClosed
            Close-IpcListener $again; $again.IsClosed
            """,
            ("path", SocketPath)).Select(o => o.BaseObject).ToArray();
        Assert.Equal([UnixFileMode.UserRead | UnixFileMode.UserWrite, true, "mine", true, "GroupWrite, GroupRead, UserWrite, UserRead", false, true], output);
        Assert.Equal(
            ["IpcAlreadyExists", "IpcTimeout", "IpcTimeout", "IpcClosed", "IpcClosed", "IpcNotFound", "IpcAlreadyExists"],
            _session.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
    }

    [Theory]
    [InlineData("$null = Receive-IpcConnection $listener")]
    [InlineData("$null = Receive-IpcMessage $c")]
    [InlineData("Send-IpcMessage $c ([byte[]]::new(64MB))")]
    [InlineData("$null = Wait-IpcObject $listener, $c")]
    [InlineData("$null = Connect-IpcPipe \"$path-nobody\" -Wait")]
    [InlineData("$null = Connect-IpcPipe $silent -AuthKey k")]
    public void A_wait_ends_when_the_pipeline_is_stopped(string wait)
    {
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(SocketPath + "-silent"));
        silent.Listen();
        _session.RunCleanly("$listener = New-IpcListener $path; $c = Connect-IpcPipe $path; $d = Receive-IpcConnection $listener", ("path", SocketPath), ("silent", SocketPath + "-silent"));
        using PowerShell pipeline = _session.NewPipeline("$started.Set(); " + wait);
        using var started = new ManualResetEventSlim();
        pipeline.Runspace.SessionStateProxy.SetVariable("started", started);
        IAsyncResult running = pipeline.BeginInvoke();
        Assert.True(started.Wait(TimeSpan.FromSeconds(120)));
        Thread.Sleep(200); // into the wait
        Assert.False(running.IsCompleted);
        pipeline.Stop();
        Assert.Equal(PSInvocationState.Stopped, pipeline.InvocationStateInfo.State);
        _session.RunCleanly("Close-IpcListener $listener");
    }
}
