using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>A program at a terminal of its own, which util-linux's <c>script</c> makes: a test types, and reads what is on the screen.</summary>
internal sealed partial class TerminalProgram : IDisposable
{
    /// <summary>What makes the terminal.</summary>
    public const string Maker = "/usr/bin/script";

    private const string FrameStart = "\u001b[H";
    private const string FrameEnd = "\u001b[J";
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task _reading;

    /// <summary>Starts a command of the shell.</summary>
    public TerminalProgram(string command, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Maker, ["-qec", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["TERM"] = "xterm-256color", ["NO_COLOR"] = "1" },
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _reading = Task.Run(Read);
    }

    /// <summary>All that came to the screen.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Types keys.</summary>
    public void Type(string keys)
    {
        _process.StandardInput.Write(keys);
        _process.StandardInput.Flush();
    }

    /// <summary>Waits until the last whole frame of a view is as it should be; returns its lines, without escape sequences.</summary>
    public string[] WaitForFrame(Func<string[], bool> isSo)
    {
        string[] frame = [];
        WaitUntil(() =>
        {
            string output = Output;
            int end = output.LastIndexOf(FrameEnd, StringComparison.Ordinal);
            int begin = end < 0 ? -1 : output.LastIndexOf(FrameStart, end, StringComparison.Ordinal);
            frame = begin < 0 ? [] : Escape().Replace(output[begin..end], "").Split("\r\n");
            return begin >= 0 && isSo(frame);
        });
        return frame;
    }

    /// <summary>Waits until a text comes.</summary>
    public void WaitForText(string text) => WaitUntil(() => Output.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits for the end; returns all that came.</summary>
    public string End()
    {
        Assert.True(_process.WaitForExit(Long) && _reading.Wait(Long), $"The program does not end: {Output}");
        return Output;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    [GeneratedRegex(@"\u001b\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escape();

    private void WaitUntil(Func<bool> isSo)
    {
        long started = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Long && (!_reading.IsCompleted || isSo()), $"The screen never came to show it: {Output}");
            Thread.Sleep(10);
        }
    }

    private void Read()
    {
        char[] buffer = new char[4096];
        while (_process.StandardOutput.Read(buffer) is > 0 and int count)
        {
            lock (_output)
            {
                _output.Append(buffer, 0, count);
            }
        }
    }
}
