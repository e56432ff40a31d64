using System.Globalization;
using System.Text.Json;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>
/// Writes a timeline in the Trace Event Format, which Perfetto and chrome://tracing open: a complete event ("X") for each task, with times in microseconds,
/// the session as the process and each worker as a thread of it.
/// </summary>
internal static class TraceWriter
{
    private const int FlushBytes = 64 << 10;

    /// <summary>Writes it as UTF-8.</summary>
    public static void Write(Stream stream, PoolTimeline timeline)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteStartArray("traceEvents");
        WriteName(json, "process_name", Environment.ProcessId, $"Process pool {timeline.Pool}");
        foreach (TimelineWorker worker in timeline.Workers)
        {
            WriteName(json, "thread_name", worker.ProcessId, $"Worker {worker.Number}");
        }

        foreach (RecordedTask task in timeline.Tasks)
        {
            WriteTask(json, timeline, task);
            if (json.BytesPending > FlushBytes)
            {
                json.Flush();
            }
        }

        json.WriteEndArray();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartObject("otherData");
        json.WriteString("pool", timeline.Pool);
        json.WriteString("startTime", timeline.StartTime.ToString("O", CultureInfo.InvariantCulture));
        json.WriteNumber("droppedTasks", timeline.Dropped);
        json.WriteNumber("utilization", Math.Round(timeline.Utilization, 4));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTask(Utf8JsonWriter json, PoolTimeline timeline, in RecordedTask task)
    {
        json.WriteStartObject();
        json.WriteString("name", PoolTimeline.NameOf(task));
        json.WriteString("cat", task.Outcome.ToString());
        json.WriteString("ph", "X");
        json.WriteNumber("ts", timeline.MicrosecondsAt(task.StartedAt));
        json.WriteNumber("dur", PoolTimeline.Microseconds(task.Elapsed));
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteNumber("tid", task.ProcessId);
        if (task.Outcome != TaskOutcome.Completed)
        {
            json.WriteString("cname", task.Outcome == TaskOutcome.Stopped ? "grey" : "terrible");
        }

        json.WriteStartObject("args");
        if (task.Item >= 0)
        {
            json.WriteNumber("item", task.Item + 1);
        }

        if (task.Text is not null)
        {
            json.WriteString("text", task.Text);
        }

        json.WriteNumber("call", task.Call);
        json.WriteString("outcome", task.Outcome.ToString());
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A name for a process or a thread. It has a time too, for readers that want one of each event.</summary>
    private static void WriteName(Utf8JsonWriter json, string kind, int thread, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", kind);
        json.WriteString("ph", "M");
        json.WriteNumber("ts", 0);
        json.WriteNumber("dur", 0);
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteNumber("tid", thread);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
