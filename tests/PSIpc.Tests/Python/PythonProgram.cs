using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>The python3 of this machine; tests that need one are skipped where there is none.</summary>
internal static class PythonProgram
{
    private static readonly string[] Candidates = ["python3", "/usr/bin/python3"];
    private static readonly Lazy<string?> Any = new(() => Array.Find(Candidates, p => Succeeds(p, "import pickle, multiprocessing.connection")));
    private static readonly Lazy<string?> Numeric = new(() => Array.Find(Candidates, p => Succeeds(p, "import numpy")));

    /// <summary>A python3.</summary>
    public static string Required
    {
        get
        {
            Assert.SkipUnless(Any.Value is not null, "python3 is not on this machine");
            return Any.Value!;
        }
    }

    /// <summary>One that has NumPy.</summary>
    public static string WithNumPy
    {
        get
        {
            Assert.SkipUnless(Numeric.Value is not null, "python3 with NumPy is not on this machine");
            return Numeric.Value!;
        }
    }

    /// <summary>Starts a script, whose input and output are the caller's.</summary>
    public static Process Start(string python, string script, params string[] arguments) => Process.Start(
        new ProcessStartInfo(python, ["-u", "-c", script, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    /// <summary>The lines that a script answers to lines; it must succeed.</summary>
    public static string[] Ask(string python, string script, IEnumerable<string> lines)
    {
        using Process process = Start(python, script);
        Task writing = Task.Run(() =>
        {
            foreach (string line in lines)
            {
                process.StandardInput.WriteLine(line);
            }

            process.StandardInput.Close();
        });
        string[] answers = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        writing.Wait();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return answers;
    }

    private static bool Succeeds(string python, string script)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(python, ["-c", script]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
