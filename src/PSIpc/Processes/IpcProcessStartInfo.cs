using System.Collections;

namespace PSIpc;

/// <summary>How a child process is started, beside its task.</summary>
internal sealed class IpcProcessStartInfo
{
    public required string Name { get; init; }

    public required ProcessTask Task { get; init; }

    /// <summary>Takes the names of types whose objects are written as property bags; null for nobody.</summary>
    public ISet<string>? BagTypes { get; init; }

    public string? WorkingDirectory { get; init; }

    /// <summary>How long it may take to end when it is stopped, before it is killed.</summary>
    public TimeSpan StopGracePeriod { get; init; } = PoolPreference.DefaultGracePeriod;

    /// <summary>Variables to set; a null value takes one away.</summary>
    public IDictionary? Environment { get; init; }
}
