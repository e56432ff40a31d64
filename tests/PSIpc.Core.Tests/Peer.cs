using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using PSIpc.Core.Segments;

namespace PSIpc.Core.Tests;

/// <summary>A real process that does one verb of the test peer in a folder; killed when the test is done with it.</summary>
internal sealed partial class Peer : IDisposable
{
    private const int SigStop = 19;
    private const int SigContinue = 18;

    private readonly Process _process;
    private readonly MemoryStream _output = new();
    private readonly Task _reading;

    public Peer(TestFolder folder, params object[] words)
        : this(folder, Program, words.Select(w => w.ToString()!))
    {
    }

    private Peer(TestFolder folder, string program, IEnumerable<string> words)
    {
        var start = new ProcessStartInfo(program, words) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment[IpcDirectory.Variable] = folder.Directory.FullPath;
        // A runtime that is killed leaves its sockets for debuggers in the temporary folder.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        _process = Process.Start(start)!;
        _reading = Task.Run(Read);
    }

    public int Id => _process.Id;

    private static string Program => Path.Combine(AppContext.BaseDirectory, "PSIpc.TestPeer");

    /// <summary>A peer whose new files lack the rights of a mask.</summary>
    public static Peer WithUmask(TestFolder folder, string mask, params object[] words) =>
        new(folder, "/bin/sh", ["-c", $"umask {mask}; exec \"$0\" \"$@\"", Program, .. words.Select(w => w.ToString()!)]);

    /// <summary>The number of bytes that it has written so far.</summary>
    public long Written
    {
        get
        {
            lock (_output)
            {
                return _output.Length;
            }
        }
    }

    /// <summary>Waits until it has written some bytes.</summary>
    public void WaitForOutput(int bytes = 1) =>
        Assert.True(SpinWait.SpinUntil(() => Written >= bytes || _process.HasExited, TestFolder.Long), "the peer wrote nothing");

    public void WriteLine() => _process.StandardInput.WriteLine();

    public void Kill() => _process.Kill();

    public void Stop() => Assert.Equal(0, Signal(Id, SigStop));

    public void Continue() => Assert.Equal(0, Signal(Id, SigContinue));

    /// <summary>Waits for its end and returns all that it wrote.</summary>
    public byte[] End()
    {
        Assert.True(_process.WaitForExit(TestFolder.Long), "the peer hangs");
        Assert.True(_reading.Wait(TestFolder.Long));
        return _output.ToArray();
    }

    /// <summary>Waits for its end and fails if it failed; what it wrote on the standard error is in the test's output.</summary>
    public void EndWell()
    {
        End();
        Assert.Equal(0, _process.ExitCode);
    }

    /// <summary>Waits for its end and returns its exit code.</summary>
    public int EndWithCode()
    {
        End();
        return _process.ExitCode;
    }

    /// <summary>Waits for its end and returns the whole numbers that it wrote; the last one may have been cut off by a kill.</summary>
    public int[] EndWithNumbers()
    {
        byte[] bytes = End();
        int[] numbers = new int[bytes.Length / 4];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i * 4));
        }

        return numbers;
    }

    /// <summary>Processor time that it has used, in clock ticks (10 ms): fields 14 and 15 of /proc/PID/stat (proc(5)).</summary>
    public long ProcessorTicks()
    {
        string stat = File.ReadAllText($"/proc/{Id}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], null) + long.Parse(fields[12], null);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.WaitForExit();
        _process.Dispose();
    }

    private void Read()
    {
        byte[] buffer = new byte[1 << 16];
        Stream stream = _process.StandardOutput.BaseStream;
        for (int n = stream.Read(buffer); n > 0; n = stream.Read(buffer))
        {
            lock (_output)
            {
                _output.Write(buffer, 0, n);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
