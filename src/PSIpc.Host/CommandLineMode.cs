namespace PSIpc.Host;

/// <summary>Where the commands come from.</summary>
internal enum CommandLineMode
{
    Script,
    Command,
    StandardInput,
    Interactive,
    Help,
    Version,
}
