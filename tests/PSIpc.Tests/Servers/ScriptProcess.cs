using System.Collections.Concurrent;
using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>A script that runs in the host, in a process of its own, and says what it does in lines.</summary>
internal sealed class ScriptProcess : IDisposable
{
    private static readonly TimeSpan LongTime = TimeSpan.FromMinutes(3);

    private const int Shown = 30;
    private const string ErrorMark = "error: ";

    private readonly BlockingCollection<string> _lines = [];
    private readonly List<string> _all = [];
    private readonly Process _process;

    /// <summary>Starts it.</summary>
    /// <param name="start">How a program is started where it is to run.</param>
    /// <param name="script">The script.</param>
    /// <param name="variables">Variables of its environment.</param>
    public ScriptProcess(Func<string, string[], ProcessStartInfo> start, string script, params (string Name, string Value)[] variables)
    {
        ProcessStartInfo info = start(TestPaths.Host, ["-Command", script]);
        info.RedirectStandardOutput = info.RedirectStandardError = true;
        foreach ((string name, string value) in variables)
        {
            info.Environment[name] = value;
        }

        _process = Process.Start(info)!;
        _process.OutputDataReceived += (_, e) => Add(e.Data);
        _process.ErrorDataReceived += (_, e) => Add(e.Data is null ? null : ErrorMark + e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Starts it on this machine.</summary>
    public ScriptProcess(string script, params (string Name, string Value)[] variables)
        : this((program, arguments) => new ProcessStartInfo(program, arguments), script, variables)
    {
    }

    /// <summary>Its next line, which must not be one of an error.</summary>
    public string Next()
    {
        if (!_lines.TryTake(out string? line, LongTime))
        {
            throw new TimeoutException($"It says no more after: {All()}");
        }

        if (line.StartsWith(ErrorMark, StringComparison.Ordinal))
        {
            Thread.Sleep(1000); // The rest of the error's lines.
            Assert.Fail($"{line}\n{string.Join('\n', _lines.Where(l => l.StartsWith(ErrorMark, StringComparison.Ordinal)).Take(Shown))}\nafter {All()}");
        }

        return line;
    }

    /// <summary>Its lines up to one.</summary>
    public List<string> Until(string last)
    {
        var lines = new List<string>();
        for (string line = Next(); line != last; line = Next())
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <summary>Ends it as kill -9 does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.WaitForExit();
        _process.Dispose();
        _lines.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null)
        {
            lock (_all)
            {
                _all.Add(line);
            }

            _lines.Add(line);
        }
    }

    private string All()
    {
        lock (_all)
        {
            return string.Join('\n', _all.TakeLast(Shown));
        }
    }
}
