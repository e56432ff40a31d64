using PSIpc.TestPeer.Kills;

namespace PSIpc.Core.Tests;

/// <summary>Owners killed inside every primitive at random moments; -- kills of the benchmarks has the times.</summary>
[Trait("Tier", "Long")]
public sealed class OwnerKillTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Whoever_waits_gets_it_and_is_told_and_nothing_is_lost_or_invented_100_times()
    {
        IReadOnlyList<KillFigures> all = KillRounds.Run(_folder.Directory, Path.Combine(AppContext.BaseDirectory, "PSIpc.TestPeer"), 100, Survivor.All);
        foreach (KillFigures one in all)
        {
            output.WriteLine($"{one}");
        }

        // Locks are held most of the time: a kill in a hundred at least finds each one held.
        Assert.All(all.Where(f => f.Primitive.EndsWith("lock", StringComparison.Ordinal)), f => Assert.InRange(f.TakenOver, 1, 100));
    }
}
