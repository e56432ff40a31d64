namespace PSIpc;

/// <summary>What of this session a script block has in another process.</summary>
public enum SessionTransfer
{
    /// <summary>What its text names: functions, aliases, classes, modules and variables, and what these name in turn.</summary>
    Named,

    /// <summary>What parameters and <c>$using:</c> say, and nothing else.</summary>
    None,
}
