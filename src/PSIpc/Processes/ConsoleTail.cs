using System.Diagnostics;
using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// What a child writes to its console past PowerShell: information records tagged <c>stdout</c> or <c>stderr</c>, and the end of the
/// error text, which says why a child crashed.
/// </summary>
internal sealed class ConsoleTail(Process process, JobLog log) : IDisposable
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(500);

    private readonly ErrorTail _errors = new();
    private readonly CountdownEvent _open = new(2);

    /// <summary>The last lines of the error text.</summary>
    public string Errors => _errors.ToString();

    /// <inheritdoc/>
    public void Dispose() => _open.Dispose();

    /// <summary>Begins to read.</summary>
    public void Begin()
    {
        process.OutputDataReceived += (_, line) => Take(line.Data, "stdout");
        process.ErrorDataReceived += (_, line) => Take(line.Data, "stderr");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Waits for the end of the text of a child that is gone; a grandchild that holds the console open is not waited for.</summary>
    public void Drain() => _open.Wait(DrainTime);

    private void Take(string? line, string source)
    {
        if (line is null)
        {
            _open.Signal();
            return;
        }

        if (source == "stderr")
        {
            _errors.Add(line);
        }

        var record = new InformationRecord(line, source);
        record.Tags.Add(source);
        log.Add(new StreamRecord(StreamKind.Information, record));
    }
}
