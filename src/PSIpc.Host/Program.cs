using System.Management.Automation.Runspaces;
using System.Reflection;
using Microsoft.PowerShell;

namespace PSIpc.Host;

/// <summary>The program <c>psipc</c>: PowerShell's own console host, with the module imported.</summary>
internal static class Program
{
    /// <summary>The exit code for a module that is not where it is expected: EX_CONFIG of sysexits.h.</summary>
    private const int ModuleNotFound = 78;

    private static int Main(string[] arguments)
    {
        if (Module.FindManifest() is not { } manifest)
        {
            Console.Error.WriteLine($"psipc: The PSIpc module was not found. Build the project (dotnet build), or set {Module.OverrideVariable} to the path of the module's manifest.");
            return ModuleNotFound;
        }

        Module.AddToModulePath(manifest);
        if (arguments is [ModuleChild.Switch, var entry, var link])
        {
            ModuleChild.Serve(manifest, entry, link);
            return 0;
        }

        // The console host records which methods a start compiles, in a file that it shares with pwsh. Processes that end at the same moment can leave it damaged, and a damaged one ends each later
        // start of pwsh. Only the first root counts: in a folder that does not exist nothing is recorded. The engine is compiled ahead here.
        System.Runtime.ProfileOptimization.SetProfileRoot(Path.Combine(AppContext.BaseDirectory, "none"));
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([manifest]);
        string version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
        return ConsoleShell.Start(
            state,
            $"PSIpc {version} on PowerShell {typeof(Runspace).Assembly.GetName().Version?.ToString(3)}",
            "psipc takes the command line of pwsh: psipc [[-File] SCRIPT [ARGUMENTS]] | [-Command TEXT] | [-NoProfile] [-NonInteractive] [-WorkingDirectory FOLDER] ... The PSIpc module is imported.",
            arguments);
    }
}
