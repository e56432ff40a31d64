using System.Reflection;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The program that a child process runs: the parent's own where that is a PowerShell, else one that is found.</summary>
internal sealed record ChildProgram(string Path, IReadOnlyList<string> LeadingArguments, bool IsPwsh)
{
    /// <summary>The environment variable that names the program for parents that are no PowerShell themselves.</summary>
    public const string Variable = "PSIPC_PROGRAM";

    private const string Pwsh = "pwsh";
    private const string Host = "psipc";
    private const string HostAssembly = "PSIpc.Host";

    /// <summary>The module that the child imports: the one that this code is from.</summary>
    public static string ModulePath { get; } = System.IO.Path.Combine(
        System.IO.Path.GetDirectoryName(typeof(ChildProgram).Assembly.Location)!, "PSIpc.psd1");

    /// <summary>Finds the program.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> when there is none.</exception>
    public static ChildProgram Find()
    {
        string self = Environment.ProcessPath ?? "";
        string name = NameOf(self);
        if (name is Pwsh or Host or HostAssembly)
        {
            return new ChildProgram(self, [], name == Pwsh);
        }

        string entry = Assembly.GetEntryAssembly()?.Location ?? "";
        string entryName = System.IO.Path.GetFileNameWithoutExtension(entry); // it ends in .dll
        if (name == "dotnet" && entryName is Pwsh or HostAssembly)
        {
            return new ChildProgram(self, [entry], entryName == Pwsh);
        }

        string? found = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : OnPath(Pwsh) ?? OnPath(Host);
        return found is not null && File.Exists(found)
            ? new ChildProgram(found, [], NameOf(found) == Pwsh)
            : throw new IpcException(
                IpcErrorKind.NotFound,
                Messages.PowerShellNotFound.With(self, found is null ? Messages.PwshNotOnPath : Messages.ProgramDoesNotExist.With(found), Variable),
                Pwsh);
    }

    /// <summary>The arguments that make the program serve a link by a method of <see cref="IpcWorker"/>.</summary>
    public IEnumerable<string> ArgumentsFor(string entry, string link)
    {
        if (!IsPwsh)
        {
            return [.. LeadingArguments, "-Serve", entry, link];
        }

        string import = $"Import-Module -Name '{ModulePath.Replace("'", "''", StringComparison.Ordinal)}'; ";
        return [.. LeadingArguments, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", $"{import}[PSIpc.{nameof(IpcWorker)}]::{entry}('{link}')"];
    }

    /// <summary>The name of a program's file; what follows a dot is part of it, but for Windows' <c>.exe</c>.</summary>
    private static string NameOf(string program)
    {
        string file = System.IO.Path.GetFileName(program);
        return file.EndsWith(".exe", StringComparison.OrdinalIgnoreCase) ? file[..^4] : file;
    }

    private static string? OnPath(string program)
    {
        string file = OperatingSystem.IsWindows() ? program + ".exe" : program;
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => System.IO.Path.Combine(folder, file))
            .FirstOrDefault(File.Exists);
    }
}
