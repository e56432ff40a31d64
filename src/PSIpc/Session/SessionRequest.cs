namespace PSIpc;

/// <summary>What a cmdlet asks the resolver for: its parameters -Session, -Function, -Module and -Variable, the names that the other process has already, and the values that it passes.</summary>
internal sealed record SessionRequest
{
    /// <summary>Whether what the text of the script block names is sent.</summary>
    public SessionTransfer Transfer { get; init; }

    /// <summary>Names or patterns of functions.</summary>
    public string[] Functions { get; init; } = [];

    /// <summary>Names, patterns or paths of modules.</summary>
    public string[] Modules { get; init; } = [];

    /// <summary>Names or patterns of variables.</summary>
    public string[] Variables { get; init; } = [];

    /// <summary>What the other process has already.</summary>
    public PreparedNames Prepared { get; init; } = PreparedNames.None;

    /// <summary>Values that are passed on: script blocks among them name things, too.</summary>
    public IEnumerable<object?> Values { get; init; } = [];
}
