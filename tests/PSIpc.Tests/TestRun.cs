using Xunit.Sdk;
using Xunit.v3;

// Many tests wait most of their time, for processes and servers: more run at a time than there are processors, those that take longest first.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
[assembly: TestCollectionOrderer(typeof(PSIpc.Tests.LongestFirst))]

namespace PSIpc.Tests;

/// <summary>Begins with the collections that take longest: one that begins last would run alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        "Process pools", ServerCollection.Pools, ServerCollection.Killed, nameof(ServerNetworkTests), nameof(ServerClusterTests),
        ServerCollection.Channels, nameof(ExampleTests), nameof(PageExampleTests),
    ];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection => [.. testCollections.OrderBy(c => Rank(c.TestCollectionDisplayName))];

    private static int Rank(string name)
    {
        int rank = Array.FindIndex(Longest, l => name.Contains(l, StringComparison.Ordinal));
        return rank < 0 ? Longest.Length : rank;
    }
}
