using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>What a monitor shows, and how.</summary>
internal sealed record MonitorOptions
{
    /// <summary>Only objects whose name is like one of these.</summary>
    public IReadOnlyList<WildcardPattern> Names { get; init; } = [];

    /// <summary>Only objects of these kinds; of all kinds if there are none.</summary>
    public IReadOnlyList<ObjectKind> Kinds { get; init; } = [];

    /// <summary>By what rows are sorted.</summary>
    public MonitorSort Sort { get; init; }

    /// <summary>Whether they are in the opposite order.</summary>
    public bool IsReversed { get; init; }

    /// <summary>How long from one look to the next.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Whether an object is one of those that are to be shown.</summary>
    public bool Includes(ObjectKind kind, string name) => (Kinds.Count == 0 || Kinds.Contains(kind)) && (Names.Count == 0 || Names.Any(n => n.IsMatch(name)));
}

/// <summary>By what the rows of a monitor are sorted: texts from A to Z, numbers from the largest on.</summary>
public enum MonitorSort
{
    /// <summary>The kind, then the name.</summary>
    Kind,

    /// <summary>The name.</summary>
    Name,

    /// <summary>How much is in it.</summary>
    Depth,

    /// <summary>How much goes through it in a second.</summary>
    Rate,

    /// <summary>How many processes wait for it.</summary>
    Waiting,

    /// <summary>How many processes have it open.</summary>
    Attached,

    /// <summary>Bytes of memory.</summary>
    Size,

    /// <summary>When it was made, the oldest first.</summary>
    Age,
}
