using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using PSIpc.Core.Channels;
using PSIpc.Core.Diagnostics;
using PSIpc.Core.Pools;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Tests.Pools;
using PSIpc.Core.Waiting;
using PSIpc.TestPeer;

namespace PSIpc.Core.Tests;

/// <summary>What listeners of the meter and of the event source learn.</summary>
public sealed class DiagnosticsTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly string _name = $"q-{Guid.NewGuid():N}";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Messages_and_bytes_of_a_channel_are_counted_for_all_handles_once()
    {
        using var meter = new Listener();
        using SharedQueue queue = SharedQueue.Create(_name, directory: _folder.Directory);
        using SharedQueue second = SharedQueue.Open(_name, _folder.Directory);
        for (int i = 0; i < 5; i++)
        {
            Assert.True(queue.Send(new byte[100], default, Deadline.Now));
        }

        Assert.True(second.Receive(new ReceivedMessage(), Deadline.Now));
        meter.Look();
        Assert.Equal(5, meter.Figure("psipc.channel.messages.sent", _name));
        Assert.Equal(1, meter.Figure("psipc.channel.messages.received", _name));
        Assert.Equal(4, meter.Figure("psipc.channel.depth", _name));
        Assert.InRange(meter.Figure("psipc.channel.bytes.sent", _name), 500, 1000);
        queue.Dispose();
        second.Dispose();
        meter.Look();
        Assert.Equal(-1, meter.Figure("psipc.channel.messages.sent", _name));
    }

    [Fact]
    public void Sleeps_are_measured_while_somebody_listens()
    {
        using SharedQueue queue = SharedQueue.Create(_name, directory: _folder.Directory);
        Assert.False(IpcMetrics.MeasuresWaits);
        using var meter = new Listener();
        Assert.True(IpcMetrics.MeasuresWaits);
        var elapsed = Stopwatch.StartNew();
        Assert.False(queue.Receive(new ReceivedMessage(), Deadline.After(TimeSpan.FromMilliseconds(30))));
        Assert.Contains(meter.Recorded, r => r.Name == "psipc.wait.duration" && r.Value > 0 && r.Value <= elapsed.Elapsed.TotalSeconds);
    }

    [Fact]
    public void A_lock_that_is_taken_over_is_an_event_and_counted()
    {
        using var meter = new Listener();
        using var events = new Events();
        using var mutex = SharedLock.Create(_name, directory: _folder.Directory);
        using (var holder = new Peer(_folder, "lock-hold", _name))
        {
            holder.WaitForOutput();
            holder.Kill();
        }

        Assert.True(mutex.Enter(Deadline.After(TestFolder.Long)));
        Assert.Contains(meter.Recorded, r => r.Name == "psipc.lock.takeovers");
        Assert.Contains(events.All, e => e.Contains("which died while it held it", StringComparison.Ordinal));
    }

    [Fact]
    public void Objects_tell_when_they_are_made_opened_removed_and_let_go()
    {
        using var events = new Events();
        using (SharedQueue queue = SharedQueue.Create(_name, directory: _folder.Directory))
        {
            queue.Remove();
        }

        Assert.Equal(
            [$"Made Queue '{_name}'", $"Removed Queue '{_name}'", $"Let go of Queue '{_name}'"],
            events.All.Where(e => e.Contains(_name, StringComparison.Ordinal)).Select(e => e[..(e.LastIndexOf('\'') + 1)]));
    }

    [Fact]
    public void Pools_tell_of_workers_calls_and_tasks()
    {
        using var meter = new Listener();
        using var events = new Events();
        using (var harness = new PoolHarness(options: new WorkerPoolOptions { Name = _name, WorkerCount = 1 }))
        {
            harness.Run([PoolHarness.Item(PoolVerbs.Echo), PoolHarness.Item(PoolVerbs.Die)]);
            meter.Look();
            Assert.Equal(1, meter.Figure("psipc.pool.workers", _name));
            Assert.Equal(2, meter.Figure("psipc.pool.items.completed", _name));
            Assert.Equal(2, meter.Recorded.Count(r => r.Name == "psipc.pool.task.duration" && r.Tags.Contains(_name)));
            Assert.Equal(1, meter.Recorded.Count(r => r.Name == "psipc.pool.task.duration" && r.Tags.Contains(_name) && r.Tags.Contains("failed")));
        }

        string[] said = [.. events.All.Where(e => e.Contains($"'{_name}'", StringComparison.Ordinal))];
        Assert.All(
            (string[])["started worker 1: process", "begins call 1", "is ready", "is over", "Worker 1 of process pool"],
            words => Assert.Contains(said, e => e.Contains(words, StringComparison.Ordinal)));
    }

    /// <summary>What the meter says.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly MeterListener _listener = new();

        public Listener()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == IpcMetrics.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Recorded.Add((instrument.Name, value, TagsOf(tags))));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Recorded.Add((instrument.Name, value, TagsOf(tags))));
            _listener.Start();
        }

        public ConcurrentBag<(string Name, double Value, string[] Tags)> Recorded { get; private set; } = [];

        public void Look()
        {
            Recorded = [.. Recorded.Where(r => r.Name.EndsWith("duration", StringComparison.Ordinal))];
            _listener.RecordObservableInstruments();
        }

        /// <summary>A figure of the last look; -1 when there was none.</summary>
        public double Figure(string name, string tag) => Recorded.Where(r => r.Name == name && r.Tags.Contains(tag)).Select(r => r.Value).DefaultIfEmpty(-1).Single();

        public void Dispose() => _listener.Dispose();

        private static string[] TagsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags) => [.. tags.ToArray().Select(t => t.Value?.ToString() ?? "")];
    }

    /// <summary>What the event source says, in words.</summary>
    private sealed class Events : EventListener
    {
        public ConcurrentQueue<string> All { get; } = [];

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == IpcEvents.ProviderName)
            {
                EnableEvents(eventSource, EventLevel.Verbose, EventKeywords.All);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
            All?.Enqueue(string.Format(System.Globalization.CultureInfo.InvariantCulture, eventData.Message ?? "", [.. eventData.Payload!]));
    }
}
