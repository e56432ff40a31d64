using PSIpc.Fuzzing;

namespace PSIpc.Tests;

/// <summary>Ten seconds of what the benchmarks' area <c>fuzz</c> does for longer.</summary>
[Trait("Tier", "Long")]
public sealed class FuzzTests
{
    [Fact]
    public void Decoders_take_or_refuse_changed_inputs_soon_and_with_little_memory()
    {
        var fuzz = new DecoderFuzz(FuzzTarget.All(TestPaths.Module), seed: Environment.TickCount);
        fuzz.Run(TimeSpan.FromSeconds(10));
        Assert.Empty(fuzz.Failures);
        Assert.All(fuzz.Counts, count => Assert.InRange(count, 10, long.MaxValue));
        Assert.All(fuzz.Refused, count => Assert.InRange(count, 1, long.MaxValue));
    }
}
