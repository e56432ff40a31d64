namespace PSIpc.Host;

/// <summary>What the program was asked to do: its own options, the script or text to run, and what is left for that.</summary>
internal sealed record CommandLine
{
    /// <summary>The text of <c>--help</c>.</summary>
    public const string Usage = """
        psipc: PowerShell with the PSIpc module, in one small program

        usage: psipc SCRIPT [ARGUMENTS]          runs a script; -Name value and -Switch bind to its parameters
               psipc -Command TEXT [ARGUMENTS]   runs a text, which finds the arguments in $args or its own param()
               psipc -                           runs the script that comes by standard input (as psipc alone does
                                                 when standard input is not a terminal)
               psipc                             prompts for commands

        options, before the script or command:
          -Interactive               prompts even when standard input is not a terminal
          -NonInteractive            never prompts: a script that asks the user gets an error
          -WorkingDirectory FOLDER   starts in this folder
          -NoModule                  does not import the module: PowerShell's engine alone
          -EncodedCommand BASE64     runs a text given as Base64 of UTF-16
          -File SCRIPT               the same as SCRIPT
          -NoLogo, -NoProfile, -ExecutionPolicy NAME
                                     accepted, so that a command line for pwsh works; there is no logo and no profile
          -Help, -Version

        The module is found in PSIPC_MODULE (its manifest or folder), else where the build put it, else in out/PSIpc
        above the program. Exit code: that of 'exit', 1 when a script throws, 64 when the command line is wrong,
        130 after Ctrl+C, else 0.
        """;

    public required CommandLineMode Mode { get; init; }

    /// <summary>The script's path or the command's text.</summary>
    public string Target { get; init; } = "";

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public string? WorkingDirectory { get; init; }

    public bool NonInteractive { get; init; }

    /// <summary>Whether the session is to be without the module.</summary>
    public bool NoModule { get; init; }

    /// <exception cref="UsageException">An option is unknown or lacks its value.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments, bool isInputTerminal)
    {
        string? workingDirectory = null;
        bool interactive = false;
        bool nonInteractive = false;
        bool noModule = false;

        CommandLine Make(CommandLineMode mode, string target, int next) => new()
        {
            Mode = mode,
            Target = target,
            Arguments = [.. arguments.Skip(next)],
            WorkingDirectory = workingDirectory,
            NonInteractive = nonInteractive,
            NoModule = noModule,
        };

        int at = 0;
        while (at < arguments.Count)
        {
            string argument = arguments[at++];
            if (argument == "-")
            {
                return Make(CommandLineMode.StandardInput, "", at);
            }

            if (!argument.StartsWith('-'))
            {
                return Make(CommandLineMode.Script, argument, at);
            }

            string Value() => at < arguments.Count
                ? arguments[at++]
                : throw new UsageException($"The option {argument} needs a value.");

            switch (argument.TrimStart('-').ToLowerInvariant())
            {
                case "command" or "c" or "commandwithargs" or "cwa":
                    string text = Value();
                    return text == "-" ? Make(CommandLineMode.StandardInput, "", at) : Make(CommandLineMode.Command, text, at);
                case "encodedcommand" or "ec" or "e":
                    string encoded = Value();
                    return Make(CommandLineMode.Command, Decode(encoded), at);
                case "file" or "f":
                    string file = Value();
                    return file == "-" ? Make(CommandLineMode.StandardInput, "", at) : Make(CommandLineMode.Script, file, at);
                case "workingdirectory" or "wd":
                    workingDirectory = Value();
                    break;
                case "serve":
                    return Make(CommandLineMode.Serve, Value(), at);
                case "interactive" or "i":
                    interactive = true;
                    break;
                case "noninteractive" or "noni":
                    nonInteractive = true;
                    break;
                case "nomodule":
                    noModule = true;
                    break;
                case "nologo" or "noprofile" or "nop":
                    break;
                case "executionpolicy" or "ep" or "ex":
                    Value();
                    break;
                case "help" or "h" or "?":
                    return Make(CommandLineMode.Help, "", at);
                case "version" or "v":
                    return Make(CommandLineMode.Version, "", at);
                default:
                    throw new UsageException($"There is no option {argument}.");
            }
        }

        return Make(interactive || isInputTerminal ? CommandLineMode.Interactive : CommandLineMode.StandardInput, "", at);
    }

    private static string Decode(string base64)
    {
        try
        {
            return System.Text.Encoding.Unicode.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            throw new UsageException("The value of -EncodedCommand is not Base64.");
        }
    }
}
