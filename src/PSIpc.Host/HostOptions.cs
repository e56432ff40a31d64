namespace PSIpc.Host;

/// <summary>What the program was asked to do.</summary>
internal enum HostAction
{
    /// <summary>Ask for commands.</summary>
    Prompt,

    /// <summary>Run the script in a file.</summary>
    Script,

    /// <summary>Run the text of the command line.</summary>
    Command,

    /// <summary>Run the text on the standard input.</summary>
    StandardInput,

    /// <summary>Say how to call it.</summary>
    Help,

    /// <summary>Say which version it is.</summary>
    Version,
}

/// <summary>The command line.</summary>
internal sealed record HostOptions(HostAction Action, string Text, IReadOnlyList<string> Arguments)
{
    /// <summary>The exit code for a command line that cannot be understood (EX_USAGE of sysexits.h).</summary>
    public const int UsageCode = 64;

    public const string Usage = """
        usage: psipc SCRIPT [ARGS]         run a script; -Name VALUE binds its parameters
               psipc -Command TEXT [ARGS]  run TEXT; ARGS are $args
               psipc -                     run what the standard input says
               psipc                       ask for commands
               psipc --help | --version
        """;

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">An option is unknown or lacks its value, or the script does not exist.</exception>
    public static HostOptions Parse(string[] arguments)
    {
        if (arguments.Length == 0)
        {
            return new HostOptions(Console.IsInputRedirected ? HostAction.StandardInput : HostAction.Prompt, "", []);
        }

        string first = arguments[0];
        string[] rest = arguments[1..];
        switch (first.ToUpperInvariant())
        {
            case "--HELP" or "-HELP" or "-H" or "-?":
                return new HostOptions(HostAction.Help, "", []);
            case "--VERSION" or "-VERSION" or "-V":
                return new HostOptions(HostAction.Version, "", []);
            case "-COMMAND" or "-C" or "--COMMAND":
                return rest.Length > 0
                    ? new HostOptions(HostAction.Command, rest[0], rest[1..])
                    : throw new ArgumentException("-Command needs the text to run.");
            case "-FILE" or "-F" or "--FILE":
                return rest.Length > 0 ? Script(rest[0], rest[1..]) : throw new ArgumentException("-File needs the path of a script.");
            case "-":
                return new HostOptions(HostAction.StandardInput, "", rest);
            default:
                return first.StartsWith('-') && !File.Exists(first)
                    ? throw new ArgumentException($"unknown option '{first}'.")
                    : Script(first, rest);
        }
    }

    private static HostOptions Script(string path, string[] arguments) => File.Exists(path)
        ? new HostOptions(HostAction.Script, Path.GetFullPath(path), arguments)
        : throw new ArgumentException($"there is no script '{path}'.");
}
