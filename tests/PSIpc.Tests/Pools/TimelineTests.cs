using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>What workers did and when, as a trace and as a page.</summary>
public sealed partial class TimelineTests : PoolTest
{
    private static readonly string? Browser = new[] { "chromium", "chromium-browser", "google-chrome" }
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    /// <summary>The page that the tests of pages look at.</summary>
    private static string? _page;

    private readonly TemporaryFolder _folder = new();

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    [Fact]
    public void A_trace_has_an_event_for_each_task()
    {
        UseSharedPool(workers: 2);
        int[] processes = [.. Session.RunCleanly(
            """
            1..20 | Invoke-ProcessPool { [Threading.Thread]::Sleep(5); $PID } -Pool $pool -Timeline
            Export-ProcessPoolTimeline -Pool $pool -Path $path
            """,
            ("path", PathOf("run.json"))).Cast<int>()];
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllText(PathOf("run.json")));
        JsonElement[] events = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray()];
        Assert.All(events, e =>
        {
            Assert.Contains(e.GetProperty("ph").GetString(), (string[])["X", "M"]);
            Assert.NotEmpty(e.GetProperty("name").GetString()!);
            Assert.True(e.GetProperty("ts").GetDouble() >= 0 && e.GetProperty("dur").GetDouble() >= 0);
            Assert.Equal(Environment.ProcessId, e.GetProperty("pid").GetInt32());
            Assert.True(e.GetProperty("tid").GetInt32() > 0);
        });
        JsonElement[] tasks = [.. events.Where(e => e.GetProperty("ph").GetString() == "X")];
        Assert.Equal(Enumerable.Range(1, 20), tasks.Select(e => e.GetProperty("args").GetProperty("item").GetInt32()).Order());
        Assert.Equal(processes.Order(), tasks.Select(e => e.GetProperty("tid").GetInt32()).Order());
        Assert.All(tasks, e => Assert.InRange(e.GetProperty("dur").GetDouble(), 4_000, 60_000_000));
        Assert.Equal(0, tasks.Min(e => e.GetProperty("ts").GetDouble()));
        Assert.Equal(processes.Distinct().Count() + 1, events.Length - tasks.Length);
        JsonElement other = trace.RootElement.GetProperty("otherData");
        Assert.Equal(0, other.GetProperty("droppedTasks").GetInt64());
        Assert.InRange(DateTimeOffset.Parse(other.GetProperty("startTime").GetString()!, null), DateTimeOffset.Now - Long, DateTimeOffset.Now);
    }

    [Fact]
    public void Outcomes_and_ends_of_calls_are_told()
    {
        Session.Run(
            """
            $pool = New-ProcessPool -WorkerCount 1
            1..4 | Invoke-ProcessPool { if ($_ -eq 2) { throw 'no' }; if ($_ -eq 3) { exit 1 } } -Pool $pool -Timeline
            1..2 | Invoke-ProcessPool { process { $_ } end { 'end' } } -Pool $pool -Timeline
            Export-ProcessPoolTimeline -Pool $pool.Name -Path $path
            """,
            ("path", PathOf("run.json")));
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllText(PathOf("run.json")));
        JsonElement[] tasks = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray().Where(e => e.GetProperty("ph").GetString() == "X")];
        Assert.Equal(
            ["item 1 Completed", "item 2 Failed", "item 3 Died", "item 4 Completed", "item 1 Completed", "item 2 Completed", "end Completed"],
            tasks.Select(e => $"{e.GetProperty("name")} {e.GetProperty("cat")}"));

        // The worker that took the place of the dead one is not one more.
        Assert.Equal(2, tasks.Select(e => e.GetProperty("tid").GetInt32()).Distinct().Count());
        double span = tasks.Max(e => e.GetProperty("ts").GetDouble() + e.GetProperty("dur").GetDouble());
        Assert.Equal(tasks.Sum(e => e.GetProperty("dur").GetDouble()) / span, trace.RootElement.GetProperty("otherData").GetProperty("utilization").GetDouble(), 0.001);
    }

    [Fact]
    public void A_page_has_all_in_itself_and_says_how_busy_workers_were()
    {
        WritePage("run.html");
        string page = File.ReadAllText(PathOf("run.html"));
        Assert.DoesNotContain("@@", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(src|href)\s*=|url\(|@import|https?://|fetch\(|XMLHttpRequest", page);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        using JsonDocument data = JsonDocument.Parse(Data().Match(page).Groups["json"].Value);
        Assert.Equal(31 * 6, data.RootElement.GetProperty("tasks").GetArrayLength());
        Assert.Equal(2, data.RootElement.GetProperty("workers").GetArrayLength());
        Match longest = LongestTable().Match(page);
        Assert.Equal(20, Row().Count(longest.Value));
        Assert.Matches(@"^<table id=""longest"">[\s\S]*?<tbody>[\s\S]*<tr data-task=""\d+"" tabindex=""0""><td>item 1</td><td></td><td class=""n"">3</td><td>Worker \d</td><td class=""n"">[0-9.]+ \w+</td><td class=""n"">[0-9.]+ m?s</td><td[^>]*>Completed</td>", longest.Value);
        Match overall = Regex.Match(page, @"<b>(?<part>[0-9.]+) %</b><span>utilisation overall");
        Assert.InRange(double.Parse(overall.Groups["part"].Value, null), 0.1, 100);
    }

    [Fact]
    public void A_browser_draws_the_page()
    {
        Assert.SkipWhen(Browser is null, "Chromium is not on this machine.");
        WritePage("run.html");
        var start = new ProcessStartInfo(Browser!, ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", new Uri(PathOf("run.html")).AbsoluteUri])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["HOME"] = _folder.Path },
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string drawn = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Contains("data-drawn=\"31\"", drawn, StringComparison.Ordinal);
        Assert.Matches(@"id=""legend""><i style=""background:var\(--Completed\)""></i>completed</div>", drawn);
        Assert.DoesNotContain("CONSOLE", error.Result, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_has_its_own_and_the_pool_that_was_recorded_last_comes_by_itself()
    {
        UseSharedPool(workers: 1);
        object?[] output = Session.RunCleanly(
            """
            $first = $pool; $second = New-ProcessPool -WorkerCount 1
            $null = 1..3 | Invoke-ProcessPool { $_ } -Pool $first -Timeline
            $job = 1..2 | Invoke-ProcessPool { $_ } -Pool $second -AsJob -Timeline; $null = Wait-Job $job
            $null = 1..4 | Invoke-ProcessPool { $_ } -Pool $second -Timeline
            function Get-Count { ([regex]::Matches([IO.File]::ReadAllText($path), '"ph":"X"')).Count }
            Export-ProcessPoolTimeline -Job $job -Path $path; Get-Count
            $job | Export-ProcessPoolTimeline $path; Get-Count
            Export-ProcessPoolTimeline $path; Get-Count
            $first | Export-ProcessPoolTimeline $path; Get-Count
            Remove-ProcessPool $second
            Export-ProcessPoolTimeline -Pool $second -Path $path; Get-Count
            """,
            ("path", PathOf("run.json")));
        Assert.Equal([2, 2, 6, 3, 6], output);
    }

    /// <summary>Writes a page of 31 tasks and two workers.</summary>
    private void WritePage(string name)
    {
        if (_page is null)
        {
            Session.RunCleanly(
                """
                $pool = New-ProcessPool 'a.b-c' -WorkerCount 2; $both = New-IpcBarrier -ParticipantCount 2
                $null = 1..2 | Invoke-ProcessPool { Wait-IpcBarrier $using:both } -Pool $pool
                $null = 1..30 | Invoke-ProcessPool { [Threading.Thread]::Sleep($_ % 4) } -Pool $pool -Timeline -ChunkSize 1
                Invoke-ProcessPool { [Threading.Thread]::Sleep(400) } -Pool $pool -Timeline
                Export-ProcessPoolTimeline -Pool $pool -Path $path
                """,
                ("path", PathOf(name)));
            _page = File.ReadAllText(PathOf(name));
        }

        File.WriteAllText(PathOf(name), _page);
    }

    [GeneratedRegex(@"<script id=""data"" type=""application/json"">(?<json>[^<]*)</script>")]
    private static partial Regex Data();

    [GeneratedRegex(@"<table id=""longest"">[\s\S]*?</table>")]
    private static partial Regex LongestTable();

    [GeneratedRegex("<tr data-task")]
    private static partial Regex Row();
}
