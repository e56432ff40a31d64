using System.Diagnostics;
using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>A test of process pools. They come one after the other: all sessions of this process share its default pool.</summary>
[Collection("Process pools")]
public abstract class PoolTest : IDisposable
{
    private protected static readonly TimeSpan Long = TimeSpan.FromSeconds(120);

    private protected PowerShellSession Session { get; } = new();

    public void Dispose()
    {
        // A shared pool stays, unless the test has left it work; so do those of tests with servers (q-...), which run beside this one.
        Session.Run("Get-ProcessPool | Where-Object { -not $_.IsDefault -and $_.Name -notlike 'q-*' -and ($_.Name -notlike 'shared-*' -or $_.Calls.Count) } | Remove-ProcessPool -Force; Get-Job | Remove-Job -Force");
        Session.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The name of the pool of so many workers that the tests of this process share.</summary>
    private protected static string SharedPool(int workers) => $"shared-{Environment.ProcessId}-{workers}";

    /// <summary>Sets <c>$pool</c> to a pool of so many workers that the tests share. A test that kills or counts workers makes a pool of its own.</summary>
    private protected void UseSharedPool(int workers) => Session.RunCleanly(
        $"$pool = Get-ProcessPool {SharedPool(workers)} -ErrorAction Ignore; if (-not $pool) {{ $pool = New-ProcessPool {SharedPool(workers)} -WorkerCount {workers} }}");

    /// <summary>Waits until something is so.</summary>
    private protected static void WaitUntil(Func<bool> isSo, string what = "")
    {
        long started = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Long, $"It did not come to this in time: {what}");
            Thread.Sleep(10);
        }
    }

    /// <summary>Waits until what another session of this process sees is so.</summary>
    private protected static void WaitUntil(PowerShellSession observer, string script) =>
        WaitUntil(() => LanguagePrimitives.IsTrue(observer.RunCleanly(script).LastOrDefault()), script);

    /// <summary>Whether a process is there and no zombie.</summary>
    private protected static bool IsAlive(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(") ")[1][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>An error's id and the category that goes with it.</summary>
    private protected static void AssertError(string id, ErrorCategory category, ErrorRecord error)
    {
        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(category, error.CategoryInfo.Category);
    }

    /// <summary>What a script throws.</summary>
    private protected ErrorRecord RunForThrow(string script)
    {
        PSObject? thrown = Session.Run($"$thrown = $null; try {{ $null = . {{ {script} }} }} catch {{ $thrown = $_ }}; , $thrown").Single();
        return Assert.IsType<ErrorRecord>(thrown?.BaseObject);
    }

    /// <summary>Runs a script in a session of its own: another process. Its standard error must be empty.</summary>
    private protected static string[] RunInAnotherSession(string script, params (string Name, string Value)[] environment)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "test.ps1");
        File.WriteAllText(path, script);
        var start = new ProcessStartInfo(TestPaths.Host, [path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(Long));
        Assert.Equal("", error.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
