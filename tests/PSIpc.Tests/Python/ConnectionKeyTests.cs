using System.Diagnostics;
using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Keys: both sides prove that they know it, in the forms of old and of new Pythons; who does not is refused on both sides, and holds up nobody.</summary>
public sealed class ConnectionKeyTests : IDisposable
{
    private readonly PowerShellSession _session = new();
    private readonly TemporaryFolder _folder = new();

    public ConnectionKeyTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "these tests use Unix sockets");

    private string SocketPath => Path.Combine(_folder.Path, "s");

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_wrong_key_is_an_error_on_both_sides_and_the_next_one_is_taken()
    {
        const string Client = """
            import sys
            from multiprocessing import AuthenticationError
            from multiprocessing.connection import Client
            for line in sys.stdin:
                address, key = line.split()
                try:
                    with Client(address, authkey=key.encode()) as c: print(c.recv())
                except AuthenticationError as e: print(type(e).__name__)
            """;
        using Process client = PythonProgram.Start(PythonProgram.Required, Client);
        client.StandardInput.WriteLine($"{SocketPath} wrong\n{SocketPath} right");
        client.StandardInput.Close();
        object?[] output = _session.Run(
            """
            $listener = New-IpcListener $path -AuthKey right
            $c = Receive-IpcConnection $listener -Count 2 -Timeout 60
            Send-IpcMessage $c 'hello'
            Close-IpcListener $listener
            """,
            ("path", SocketPath)).Select(o => o?.BaseObject).ToArray();
        Assert.Empty(output);
        ErrorRecord error = Assert.Single(_session.Errors);
        Assert.StartsWith("IpcAuthenticationFailed", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.AuthenticationError, error.CategoryInfo.Category);
        Assert.DoesNotContain("right", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(["AuthenticationError", "hello"], client.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_wrong_key_towards_Pythons_listener_is_an_error_on_both_sides()
    {
        using Process server = PythonProgram.Start(PythonProgram.Required, """
            import sys
            from multiprocessing import AuthenticationError
            from multiprocessing.connection import Listener
            with Listener(sys.stdin.readline().strip(), authkey=b'right') as l:
                print(l.address)
                for _ in range(2):
                    try:
                        with l.accept() as c: print(c.recv())
                    except AuthenticationError as e: print(type(e).__name__)
            """);
        server.StandardInput.WriteLine(SocketPath);
        string where = server.StandardOutput.ReadLine()!;
        Assert.StartsWith("IpcAuthenticationFailed", _session.RunForError("Connect-IpcPipe $where -AuthKey wrong", ("where", where)).FullyQualifiedErrorId, StringComparison.Ordinal);
        _session.RunCleanly("$c = Connect-IpcPipe $where -AuthKey ([byte[]][char[]]'right'); Send-IpcMessage $c 'in'; Close-IpcPipe $c");
        Assert.Equal(["AuthenticationError", "in"], server.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("right", "right", "('welcome', 'both')")]
    [InlineData("wrong", "right", "rejected")]
    public void The_form_with_the_name_of_a_digest_is_spoken_in_both_roles(string theirs, string ours, string expected)
    {
        // No Python of 3.12 or later is needed: the exchange as its source documents it, in a few lines of our own. MD5 is never used in it.
        const string Modern = """
            import hmac, os, socket, struct, sys
            role, path, key = sys.argv[1:4]; key = key.encode(); digests = ('sha256', 'sha384', 'sha3_256')
            def send(s, b): s.sendall(struct.pack('!i', len(b)) + b)
            def exactly(s, n):
                b = b''
                while len(b) < n:
                    part = s.recv(n - len(b))
                    if not part: raise EOFError
                    b += part
                return b
            def recv(s): return exactly(s, struct.unpack('!i', exactly(s, 4))[0])
            def deliver(s, digest):
                message = b'{%s}' % digest.encode() + os.urandom(40)
                send(s, b'#CHALLENGE#' + message)
                answer = recv(s)
                name, rest = answer[1:answer.index(b'}')].decode(), answer[answer.index(b'}') + 1:]
                assert answer[:1] == b'{' and name == digest
                good = hmac.compare_digest(rest, hmac.new(key, message, name).digest())
                send(s, b'#WELCOME#' if good else b'#FAILURE#')
                return good
            def answer(s):
                challenge = recv(s)
                assert challenge.startswith(b'#CHALLENGE#{sha256}') and len(challenge) > 11 + 8 + 20
                message = challenge[11:]
                send(s, b'{sha256}' + hmac.new(key, message, 'sha256').digest())
                return recv(s) == b'#WELCOME#'
            if role == 'client':
                for digest in digests:
                    with socket.socket(socket.AF_UNIX) as s:
                        s.connect(path)
                        try: print(('welcome', 'both') if answer(s) and deliver(s, digest) else 'rejected')
                        except EOFError: print('rejected')
            else:
                with socket.socket(socket.AF_UNIX) as l:
                    l.bind(path); l.listen(); print('ready')
                    for digest in digests:
                        s, _ = l.accept()
                        with s:
                            try: print(('welcome', 'both') if deliver(s, digest) and answer(s) else 'rejected')
                            except EOFError: print('rejected')
            """;
        string python = PythonProgram.Required;
        using (Process client = PythonProgram.Start(python, "import time, os, sys\nwhile not os.path.exists(sys.argv[2]): time.sleep(0.01)\n" + Modern, "client", SocketPath, theirs))
        {
            _session.Run("$l = New-IpcListener $path -AuthKey $key; $null = Receive-IpcConnection $l -Count 3 -Timeout 60; Close-IpcListener $l", ("path", SocketPath), ("key", ours));
            Assert.Equal(theirs == ours ? 0 : 3, _session.Errors.Count(e => e.FullyQualifiedErrorId.StartsWith("IpcAuthenticationFailed", StringComparison.Ordinal)));
            Assert.Equal(Enumerable.Repeat(expected, 3), client.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        string second = SocketPath + "2";
        using Process server = PythonProgram.Start(python, Modern, "server", second, theirs);
        Assert.Equal("ready", server.StandardOutput.ReadLine());
        _session.Run("foreach ($i in 1..3) { $c = Connect-IpcPipe $path -AuthKey $key -Timeout 60; if ($c) { Close-IpcPipe $c } }", ("path", second), ("key", ours));
        Assert.Equal(theirs == ours ? 0 : 3, _session.Errors.Count(e => e.FullyQualifiedErrorId.StartsWith("IpcAuthenticationFailed", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Repeat(expected, 3), server.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Before_it_is_known_nobody_can_send_much_or_hold_up_others()
    {
        object?[] output = _session.Run(
            """
            $listener = New-IpcListener $path -AuthKey key
            function Open { $s = [Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified'); $s.Connect([Net.Sockets.UnixDomainSocketEndPoint]::new($path)); $s }
            $silent = Open                                          # says nothing, and is not waited for
            $long = Open
            $null = $long.Send([byte[]](0x7f, 0xff, 0xff, 0xff))    # says that 2 GB follow
            $null = Receive-IpcConnection $listener -Timeout 60
            $good = $null
            $job = Start-IpcProcess { $c = Connect-IpcPipe $using:path -AuthKey key -Timeout 60; Send-IpcMessage $c 'in' }
            $good = Receive-IpcConnection $listener -Timeout 60
            Receive-IpcMessage $good -Timeout 60
            $silent.Poll(0, 'SelectError')
            $job | Wait-IpcProcess | Remove-IpcProcess
            Close-IpcListener $listener
            """,
            ("path", SocketPath)).Select(o => o?.BaseObject).ToArray();
        Assert.Equal(["in", false], output);
        Assert.Contains("256", Assert.Single(_session.Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_side_without_a_key_does_not_hang_the_other()
    {
        // A client without one gets an error, and so does the listener when the client goes.
        _session.Run(
            """
            $listener = New-IpcListener $path -AuthKey key
            $c = Connect-IpcPipe $path
            Receive-IpcMessage $c -Timeout 60
            $null = Receive-IpcConnection $listener -Timeout 60
            Close-IpcListener $listener
            """,
            ("path", SocketPath));
        Assert.Equal(["IpcAuthenticationFailed", "IpcAuthenticationFailed"], _session.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
    }

    [Fact]
    public void Nothing_secret_is_completed_or_shown()
    {
        Assert.DoesNotContain(_session.Complete("New-IpcListener -AuthKey "), c => c.Contains("key", StringComparison.OrdinalIgnoreCase));
        object?[] output = _session.RunCleanly("$l = New-IpcListener $path -AuthKey hunter2; $l.ToString(), ($l.psobject.Properties.Value -join ' '); Close-IpcListener $l", ("path", SocketPath));
        Assert.All(output, text => Assert.DoesNotContain("hunter2", (string)text!, StringComparison.Ordinal));
    }
}
