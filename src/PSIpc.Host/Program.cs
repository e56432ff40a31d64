using System.Management.Automation.Runspaces;
using System.Reflection;

namespace PSIpc.Host;

/// <summary>The program <c>psipc</c>.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            CommandLine commandLine = CommandLine.Parse(arguments, isInputTerminal: !Console.IsInputRedirected);
            switch (commandLine.Mode)
            {
                case CommandLineMode.Help:
                    Console.Out.WriteLine(CommandLine.Usage);
                    return ExitCodes.Success;
                case CommandLineMode.Version:
                    Console.Out.WriteLine($"psipc {Version()} (PowerShell {typeof(Runspace).Assembly.GetName().Version?.ToString(3)})");
                    return ExitCodes.Success;
                case CommandLineMode.Serve:
                    return ModuleChild.Serve(ModuleManifest.Find(), commandLine.Target, commandLine.Arguments);
                default:
                    return Run(commandLine);
            }
        }
        catch (UsageException error)
        {
            Console.Error.WriteLine($"psipc: {error.Message}");
            return ExitCodes.Usage;
        }
    }

    private static int Run(CommandLine commandLine)
    {
        string? script = commandLine.Mode == CommandLineMode.Script ? ScriptPath(commandLine) : null;
        if (commandLine.WorkingDirectory is string folder && !Directory.Exists(folder))
        {
            throw new UsageException($"There is no folder '{folder}'.");
        }

        string? manifest = commandLine.NoModule ? null : ModuleManifest.Find();
        using var session = new Session(commandLine.NonInteractive);
        using var interruption = new Interruption(session, survivesCtrlC: commandLine.Mode == CommandLineMode.Interactive);
        bool succeeded = session.Open(manifest, commandLine.WorkingDirectory) && Run(session, commandLine, script);
        return interruption.ExitCode ?? session.Host.RequestedExit ?? (succeeded ? ExitCodes.Success : ExitCodes.ScriptFailed);
    }

    private static bool Run(Session session, CommandLine commandLine, string? script)
    {
        switch (commandLine.Mode)
        {
            case CommandLineMode.Script:
                return session.RunScript(script!, commandLine.Arguments);
            case CommandLineMode.Command:
                return session.RunText(commandLine.Target, commandLine.Arguments);
            case CommandLineMode.StandardInput:
                return session.RunText(Console.In.ReadToEnd(), commandLine.Arguments);
            default:
                new InteractivePrompt(session).Run();
                return true;
        }
    }

    // Absolute, so that a name without a folder is a file and not a command.
    private static string ScriptPath(CommandLine commandLine)
    {
        string path = Path.GetFullPath(commandLine.Target, commandLine.WorkingDirectory is string folder
            ? Path.GetFullPath(folder)
            : Environment.CurrentDirectory);
        return File.Exists(path) ? path : throw new UsageException($"There is no script '{commandLine.Target}'.");
    }

    private static string Version() =>
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
}
