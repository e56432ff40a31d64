using System.Runtime.InteropServices;

namespace PSIpc.Host;

/// <summary>The <c>psipc</c> program: runs a script, a command, or a prompt, with PSIpc imported.</summary>
internal static class Program
{
    private const int InterruptedCode = 130;

    private static int Main(string[] arguments)
    {
        HostOptions options;
        try
        {
            options = HostOptions.Parse(arguments);
        }
        catch (ArgumentException e)
        {
            Console.Error.WriteLine($"psipc: {e.Message}");
            Console.Error.WriteLine(HostOptions.Usage);
            return HostOptions.UsageCode;
        }

        switch (options.Action)
        {
            case HostAction.Help:
                Console.Out.WriteLine(HostOptions.Usage);
                return 0;
            case HostAction.Version:
                Console.Out.WriteLine($"psipc {typeof(Program).Assembly.GetName().Version?.ToString(3)}");
                return 0;
            default:
                return Run(options);
        }
    }

    private static int Run(HostOptions options)
    {
        string? module = ModuleLocator.Find();
        if (module is null)
        {
            Console.Error.WriteLine($"psipc: the module is not there: build it first (dotnet build), or set {ModuleLocator.Variable} to the path of PSIpc.psd1.");
            return 1;
        }

        using var session = new HostSession(module);
        bool interrupted = false;
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            interrupted = true;
            if (!session.StopPipeline() && options.Action != HostAction.Prompt)
            {
                Environment.Exit(InterruptedCode);
            }
        });

        if (options.Action == HostAction.Prompt)
        {
            return new Prompt(session).Run();
        }

        int code = session.Run(options);
        return interrupted ? InterruptedCode : code;
    }
}
