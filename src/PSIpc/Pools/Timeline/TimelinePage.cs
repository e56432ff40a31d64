using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>Writes a timeline as a page of HTML that has all it needs in itself: the chart is drawn by its own script, the tables are there without it.</summary>
internal static class TimelinePage
{
    private const string Template = "PSIpc.Pools.Timeline.timeline.html";
    private const string Mark = "@@";
    private const int LongestCount = 20;
    private const int FlushBytes = 64 << 10;

    /// <summary>Writes it as UTF-8.</summary>
    public static void Write(Stream stream, PoolTimeline timeline)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);

        // Text, the name of a place, text, and so on.
        string[] parts = ReadTemplate().Split(Mark);
        for (int i = 0; i < parts.Length; i++)
        {
            if (i % 2 == 0)
            {
                writer.Write(parts[i]);
            }
            else if (parts[i] == "data")
            {
                writer.Flush();
                WriteData(stream, timeline);
            }
            else
            {
                writer.Write(TextFor(parts[i], timeline));
            }
        }
    }

    private static string ReadTemplate()
    {
        using var reader = new StreamReader(typeof(TimelinePage).Assembly.GetManifestResourceStream(Template)!);
        return reader.ReadToEnd();
    }

    private static string TextFor(string place, PoolTimeline timeline) => place switch
    {
        "pool" => WebUtility.HtmlEncode(timeline.Pool),
        "summary" => string.Create(CultureInfo.InvariantCulture, $"Recorded on {timeline.StartTime:yyyy-MM-dd HH:mm:ss zzz} by process {Environment.ProcessId}."),
        "note" => timeline.Dropped == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $"<p class=\"note\">{timeline.Dropped:N0} earlier tasks are not shown: a pool keeps the newest {TaskLog.MostTasks:N0}.</p>"),
        "figures" => Figures(timeline),
        "workers" => string.Concat(timeline.Workers.Select(Row)),
        "longest" => Longest(timeline),
        _ => throw new InvalidOperationException(place),
    };

    private static string Figures(PoolTimeline timeline)
    {
        long notCompleted = timeline.Workers.Sum(w => w.NotCompleted);
        (string Figure, string Name)[] figures =
        [
            ($"{timeline.Tasks.Length.ToString("N0", CultureInfo.InvariantCulture)}", "tasks"),
            ($"{notCompleted.ToString("N0", CultureInfo.InvariantCulture)}", "not completed"),
            (TimeOf(timeline.Span), "from first to last"),
            ($"{timeline.Workers.Count}", "workers"),
            (Percent(timeline.Utilization), "utilisation overall"),
        ];
        return string.Concat(figures.Select(f => $"<div class=\"figure\"><b>{f.Figure}</b><span>{f.Name}</span></div>"));
    }

    private static string Row(TimelineWorker worker) => string.Create(
        CultureInfo.InvariantCulture,
        $"<tr><td>Worker {worker.Number}</td><td class=\"n\">{worker.ProcessId}</td><td class=\"n\">{worker.Tasks:N0}</td><td class=\"n\">{worker.NotCompleted:N0}</td><td class=\"n\">{TimeOf(worker.Busy)}</td><td class=\"n\">{Percent(worker.Utilization)}</td><td class=\"bar\"><div><div style=\"width:{worker.Utilization * 100:0.#}%\"></div></div></td></tr>");

    private static string Longest(PoolTimeline timeline)
    {
        var rows = new StringBuilder();
        foreach (RecordedTask task in timeline.Longest(LongestCount))
        {
            int index = Array.IndexOf(timeline.Tasks, task);
            rows.Append(
                CultureInfo.InvariantCulture,
                $"<tr data-task=\"{index}\" tabindex=\"0\"><td>{PoolTimeline.NameOf(task)}</td><td>{WebUtility.HtmlEncode(task.Text)}</td><td class=\"n\">{task.Call}</td><td>Worker {task.Worker}</td><td class=\"n\">{TimeOf(task.StartedAt - timeline.Begin)}</td><td class=\"n\">{TimeOf(task.Elapsed)}</td><td class=\"outcome\" style=\"color:var(--{task.Outcome})\">{task.Outcome}</td></tr>");
        }

        return rows.ToString();
    }

    /// <summary>What the script of the page reads. The writer escapes what could end the element that it stands in.</summary>
    private static void WriteData(Stream stream, PoolTimeline timeline)
    {
        Dictionary<int, int> rows = timeline.Workers.Select((w, i) => (w.Number, Row: i)).ToDictionary(w => w.Number, w => w.Row);
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteNumber("span", PoolTimeline.Microseconds(timeline.Span));
        json.WriteStartArray("outcomes");
        foreach (string outcome in Enum.GetNames<TaskOutcome>())
        {
            json.WriteStringValue(outcome);
        }

        json.WriteEndArray();
        json.WriteStartArray("workers");
        foreach (TimelineWorker worker in timeline.Workers)
        {
            json.WriteStartArray();
            json.WriteNumberValue(worker.Number);
            json.WriteNumberValue(worker.ProcessId);
            json.WriteNumberValue(Math.Round(worker.Utilization, 4));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteStartArray("tasks");
        foreach (RecordedTask task in timeline.Tasks)
        {
            json.WriteNumberValue(rows[task.Worker]);
            json.WriteNumberValue(timeline.MicrosecondsAt(task.StartedAt));
            json.WriteNumberValue(PoolTimeline.Microseconds(task.Elapsed));
            json.WriteNumberValue(task.Item + 1);
            json.WriteNumberValue((int)task.Outcome);
            json.WriteNumberValue(task.Call);
            if (json.BytesPending > FlushBytes)
            {
                json.Flush();
            }
        }

        json.WriteEndArray();
        json.WriteStartArray("texts");
        foreach (RecordedTask task in timeline.Tasks)
        {
            json.WriteStringValue(task.Text);
            if (json.BytesPending > FlushBytes)
            {
                json.Flush();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Percent(double part) => (part * 100).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    private static string TimeOf(long ticks)
    {
        double seconds = (double)ticks / Stopwatch.Frequency;
        (double unit, string name) = seconds switch
        {
            < 1e-3 => (1e-6, "µs"),
            < 1 => (1e-3, "ms"),
            < 60 => (1, "s"),
            < 3600 => (60, "min"),
            _ => (3600, "h"),
        };
        return (seconds / unit).ToString(seconds / unit < 10 ? "0.##" : "0.#", CultureInfo.InvariantCulture) + " " + name;
    }
}
