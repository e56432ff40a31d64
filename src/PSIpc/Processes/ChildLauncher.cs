using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using PSIpc.Core;
using PSIpc.Core.Processes;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>Starts the program of a child, with no input and with its console output kept apart from the parent's.</summary>
internal static class ChildLauncher
{
    private const string ModuleVariable = "PSIPC_MODULE";

    // Read by the child's runtime at its start, as hexadecimal numbers; each is spelled as a user would not, so that a child knows which ones to take away.
    // The garbage collector's first generation is 16 MB. By default it follows the processor's cache: 256 KB on some virtual machines, where a script spends much of its time
    // collecting, and hundreds of MB on large servers, for each worker. Code that is compiled ahead is not instrumented before it is optimized: a script runs at full speed after a
    // second instead of three (docs/performance.md).
    private static readonly Dictionary<string, string> RuntimeSettings = new() { ["DOTNET_GCgen0size"] = "0x01000000", ["DOTNET_TieredPGO"] = "0x00" };

    private static readonly string[] OwnVariables = [IpcDirectory.Variable, ModuleVariable, ProcessTree.Variable];

    // The system has no more files, processes or memory to give: EAGAIN, ENOMEM, ENFILE, EMFILE; on Windows ERROR_TOO_MANY_OPEN_FILES, ERROR_NOT_ENOUGH_MEMORY,
    // ERROR_NO_SYSTEM_RESOURCES, ERROR_COMMITMENT_LIMIT.
    private static readonly int[] Exhausted = OperatingSystem.IsWindows() ? [4, 8, 1450, 1455] : OperatingSystem.IsMacOS() ? [35, 12, 23, 24] : [11, 12, 23, 24];

    /// <summary>Starts a child that serves a link.</summary>
    /// <param name="entry">The method of <see cref="IpcWorker"/> that serves it.</param>
    /// <param name="link">The name of the link.</param>
    /// <param name="tree">The id of the child's tree of programs.</param>
    /// <param name="isDetached">Whether it goes on when this process ends.</param>
    /// <param name="folder">The folder that it starts in; null for the present one.</param>
    /// <param name="environment">Variables to set; a null value takes one away.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> when the program or the folder is not there; <see cref="IpcErrorKind.OutOfMemory"/> when the system has no more processes, files or memory to give; <see cref="IpcErrorKind.InvalidArgument"/> for a variable that is set for each child.</exception>
    public static Process Start(string entry, string link, Guid tree, bool isDetached, string? folder, IDictionary? environment)
    {
        ChildProgram program = ChildProgram.Find();
        var info = new ProcessStartInfo(program.Path)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = CheckFolder(folder),
        };
        foreach (string argument in program.ArgumentsFor(entry, link))
        {
            info.ArgumentList.Add(argument);
        }

        // pwsh reports each start otherwise: the user's session has done so, and a child begins sooner without.
        info.Environment.TryAdd("POWERSHELL_TELEMETRY_OPTOUT", "1");
        foreach ((string name, string value) in RuntimeSettings)
        {
            info.Environment.TryAdd(name, value);
        }

        foreach (DictionaryEntry variable in environment ?? new Hashtable())
        {
            string name = variable.Key.ToString()!;
            string? value = variable.Value?.ToString();
            RefuseOwn(name, value);
            info.Environment[name] = value;
        }

        // The link is in this session's folder, whatever the child's environment says; and the child uses this copy of the module.
        info.Environment[IpcDirectory.Variable] = IpcDirectory.Default.FullPath;
        info.Environment[ModuleVariable] = ChildProgram.ModulePath;
        info.Environment[ProcessTree.Variable] = tree.ToString("N");
        if (program.IsPwsh)
        {
            ChildStartup.AddTo(info.Environment, entry, link);
        }

        try
        {
            Process process = isDetached ? ProcessTree.StartOutside(info) : Process.Start(info)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw e is not Win32Exception { NativeErrorCode: var code } || Exhausted.Contains(code) // else its pipes could not be made
                ? new IpcException(IpcErrorKind.OutOfMemory, Messages.ProgramNotStartedForWant.With(program.Path, e.Message), program.Path, e)
                : new IpcException(IpcErrorKind.NotFound, Messages.ProgramNotStarted.With(program.Path, e.Message), program.Path, e);
        }
    }

    /// <summary>Takes away, in a child, what was set for its own runtime: programs that its script starts do not get it.</summary>
    public static void ForgetRuntimeSettings()
    {
        foreach ((string name, string value) in RuntimeSettings)
        {
            if (Environment.GetEnvironmentVariable(name) == value)
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }

        ChildStartup.TakeAway();
    }

    /// <summary>Refuses a variable that is set for each child; the value that it has in this process is no wish for another one.</summary>
    private static void RefuseOwn(string name, string? value)
    {
        StringComparison comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        if (OwnVariables.Any(o => o.Equals(name, comparison)) && value != Environment.GetEnvironmentVariable(name))
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.EnvironmentVariableReserved.With(name), name);
        }
    }

    private static string CheckFolder(string? folder) => folder is null || Directory.Exists(folder)
        ? folder ?? ""
        : throw new IpcException(IpcErrorKind.NotFound, Messages.WorkingDirectoryNotFound.With(folder), folder);
}
