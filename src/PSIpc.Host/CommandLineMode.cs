namespace PSIpc.Host;

/// <summary>Where the commands come from.</summary>
internal enum CommandLineMode
{
    Script,
    Command,
    StandardInput,
    Interactive,

    /// <summary>The program is a child of the module's own: it serves its parent and has no session at first.</summary>
    Serve,
    Help,
    Version,
}
