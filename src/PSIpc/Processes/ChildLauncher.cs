using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>Starts the program of a child, with no input and with its console output kept apart from the parent's.</summary>
internal static class ChildLauncher
{
    /// <summary>Starts a child that serves a link.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> when the program or the folder is not there.</exception>
    public static Process Start(IpcProcessStartInfo start, string link)
    {
        ChildProgram program = ChildProgram.Find();
        var info = new ProcessStartInfo(program.Path)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = CheckFolder(start.WorkingDirectory),
        };
        foreach (string argument in program.ArgumentsFor(link))
        {
            info.ArgumentList.Add(argument);
        }

        foreach (DictionaryEntry variable in start.Environment ?? new Hashtable())
        {
            info.Environment[variable.Key.ToString()!] = variable.Value?.ToString();
        }

        // The link is in this session's folder, whatever the child's environment says; and the child uses this copy of the module.
        info.Environment[IpcDirectory.Variable] = IpcDirectory.Default.FullPath;
        info.Environment["PSIPC_MODULE"] = ChildProgram.ModulePath;
        try
        {
            Process process = Process.Start(info)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new IpcException(IpcErrorKind.NotFound, $"Cannot start '{program.Path}': {e.Message}", program.Path, e);
        }
    }

    private static string CheckFolder(string? folder) => folder is null || Directory.Exists(folder)
        ? folder ?? ""
        : throw new IpcException(IpcErrorKind.NotFound, $"The working directory '{folder}' does not exist.", folder);
}
