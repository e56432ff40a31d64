using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PSIpc.Core.Tests;

/// <summary>The stress and chaos runs of the benchmarks' program, shortened.</summary>
[Trait("Tier", "Long")]
public sealed partial class LongRunTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public void Four_processes_under_stress_lose_double_and_tear_nothing()
    {
        string output = Run("stress", "10");
        Assert.Equal(2, Regex.Count(output, "each once"));
        Assert.Contains("torn or out of order: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_kills_lose_no_message_and_leave_nothing_behind()
    {
        string output = Run("chaos", "100");
        MatchCollection channels = ChannelLine().Matches(output);
        Assert.Equal(["queue", "work", "topic"], channels.Select(c => c.Groups["name"].Value));
        Assert.All(channels, c => Assert.Equal("0", c.Groups["lost"].Value));
        Assert.All(channels, c => Assert.True(long.Parse(c.Groups["received"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) > 0));
        Assert.Contains("left behind: nothing", output, StringComparison.Ordinal);
    }

    private static string Run(params string[] words)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "PSIpc.Benchmarks"), words) { RedirectStandardOutput = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        bool ended = process.WaitForExit(Patience);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
        }

        Assert.True(ended && process.ExitCode == 0, output.Result);
        return output.Result;
    }

    [GeneratedRegex(@"^  (?<name>\w+): sent [\d,]+, received (?<received>[\d,]+), .* lost (?<lost>\d+),", RegexOptions.Multiline)]
    private static partial Regex ChannelLine();
}
