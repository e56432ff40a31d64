using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PSIpc.Core.Tests;

/// <summary>The models of docs/models hold in every order of their steps, and each rule that they can do without is seen to be needed.</summary>
/// <remarks>Needs <c>spin</c> and <c>gcc</c>; skipped where one of them is not installed.</remarks>
[Trait("Tier", "Long")]
public sealed partial class ModelCheckTests : IDisposable
{
    private const string Safety = "-DSAFETY";

    // Spin's reduction does not know kills that are handed over by a channel.
    private const string SafetyInFull = "-DSAFETY -DNOREDUCE";

    private readonly string _folder = Directory.CreateTempSubdirectory("psipc-model-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_lock_has_one_living_owner_and_is_taken_over_from_the_dead_only() =>
        AssertHolds(Check("lock.pml", "", Safety), atLeast: 1_000_000);

    [Fact]
    public void Somebody_who_lives_gets_the_lock_as_long_as_somebody_wants_it() =>
        AssertHolds(Check("lock.pml", "-DLIVENESS -DPATIENT", "", "-a -f"), atLeast: 1_000_000);

    [Trait("Tier", "Extended")]
    [Fact]
    public void So_it_is_when_others_give_up_which_takes_half_a_minute() =>
        AssertHolds(Check("lock.pml", "-DLIVENESS", "", "-a -f"), atLeast: 4_000_000);

    [Fact]
    public void Without_kills_in_four_places_no_sleeper_needs_the_look_every_50_ms() =>
        AssertHolds(Check("lock.pml", "-DNO_LOOK", Safety), atLeast: 1_000_000);

    [Theory]
    [InlineData("-DOWNER_DIES")]
    [InlineData("-DLEAVER_DIES")]
    [InlineData("-DWOKEN_DIES")]
    [InlineData("-DWOKEN_LEAVES")]
    [InlineData("-DBIT_LOST")]
    public void Without_the_look_each_of_these_strands_a_sleeper(string what) =>
        AssertFails(Check("lock.pml", "-DNO_LOOK " + what, Safety), "invalid end state");

    [Theory]
    [InlineData("-DBLIND")]
    [InlineData("-DREUSED_IDS")]
    public void A_takeover_needs_the_exact_word_and_ids_that_are_not_used_again(string what) =>
        AssertFails(Check("lock.pml", what, Safety), "assertion violated");

    [Fact]
    public void The_ring_gives_each_message_once_in_order_and_counts_right_wherever_anybody_is_killed() =>
        AssertHolds(Check("ring.pml", "", SafetyInFull), atLeast: 1_000_000);

    [Trait("Tier", "Extended")]
    [Fact]
    public void So_it_does_with_more_messages_which_takes_half_a_minute() =>
        AssertHolds(Check("ring.pml", "-DSECOND=2 -DCLEARS=0", SafetyInFull), atLeast: 5_000_000);

    [Theory]
    [InlineData("-DTAIL_BEFORE_RECORD")]
    [InlineData("-DLEDGER_IN_PLACE")]
    [InlineData("-DLEDGER_AFTER_TAIL")]
    [InlineData("-DHEAD_BEFORE_COPY")]
    [InlineData("-DCLEAR_WHEN_EMPTY")]
    public void The_ring_needs_its_stores_in_their_order(string what) =>
        AssertFails(Check("ring.pml", what, SafetyInFull), "assertion violated");

    [Theory]
    [InlineData("")]
    [InlineData("-DFAULTS=2 -DTIMEOUTS=0")]
    public void Each_item_of_a_pool_has_one_result_or_failure_and_is_begun_again_only_after_a_death(string bounds) =>
        AssertHolds(Check("pool.pml", bounds, SafetyInFull), atLeast: 1_000_000);

    [Theory]
    [InlineData("-DBLIND_BEGIN")]
    [InlineData("-DBLIND_TAKE_BACK")]
    [InlineData("-DNO_EPOCH")]
    [InlineData("-DSHORT_EPOCH")]
    [InlineData("-DLATE_RESULT")]
    [InlineData("-DEARLY_BURIAL")]
    [InlineData("-DUNCHECKED_KILL")]
    [InlineData("-DGIVE_TO_KILLED")]
    public void A_pool_needs_each_of_its_rules(string what) =>
        AssertFails(Check("pool.pml", what, SafetyInFull), "assertion violated");

    private static void AssertHolds(string report, int atLeast)
    {
        Assert.Matches(@"errors: 0\b", report);

        // A search that met a limit of depth or memory says so, and proves nothing.
        Assert.DoesNotContain("max search depth too small", report, StringComparison.Ordinal);
        Assert.DoesNotContain("Search not completed", report, StringComparison.Ordinal);
        Assert.DoesNotContain("out of memory", report, StringComparison.Ordinal);
        string states = StoredStates().Match(report).Groups[1].Value;
        Assert.True(double.Parse(states, System.Globalization.CultureInfo.InvariantCulture) > atLeast, report);
    }

    private static void AssertFails(string report, string how)
    {
        Assert.Matches("errors: [1-9]", report);
        Assert.Contains(how, report, StringComparison.Ordinal);
    }

    /// <summary>Makes, compiles and runs the verifier of a model; returns its report.</summary>
    private string Check(string model, string modelOptions, string compilerOptions, string searchOptions = "")
    {
        string? spin = Find("spin");
        string? compiler = Find("gcc");
        Assert.SkipUnless(spin is not null, "spin is not on this machine");
        Assert.SkipUnless(compiler is not null, "gcc is not on this machine");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "models", model), Path.Combine(_folder, model));
        Run(spin!, $"-a {modelOptions} {model}");
        Run(compiler!, $"-O1 -w -DCOLLAPSE -DMEMLIM=1000 {compilerOptions} -o pan pan.c");
        return Run(Path.Combine(_folder, "pan"), $"-m1000000 {searchOptions}");
    }

    private string Run(string program, string arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();

        // The verifier ends with 0 whatever it finds.
        Assert.True(process.ExitCode == 0, output);
        return output;
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    [GeneratedRegex(@"([0-9.e+]+) states, stored")]
    private static partial Regex StoredStates();
}
