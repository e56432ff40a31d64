using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;
using PSIpc.Core.Diagnostics;

namespace PSIpc;

/// <summary>What the engine does in this process while a cmdlet runs with <c>-Debug</c>, in words.</summary>
internal sealed class EngineSteps : EventListener
{
    // By which they are told from what scripts write, such as those that a pool runs.
    private const string Prefix = "PSIpc: ";

    private readonly ConcurrentQueue<string> _steps = [];

    /// <summary>Takes the oldest step that was not taken.</summary>
    public bool TryTake(out string step) => _steps.TryDequeue(out step!);

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == IpcEvents.ProviderName)
        {
            EnableEvents(eventSource, EventLevel.Informational, EventKeywords.All); // Sleeps are too many for people.
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // Called before the constructor has run, if the source was there before.
        if (eventData.Message is { } message)
        {
            _steps?.Enqueue(Prefix + string.Format(CultureInfo.InvariantCulture, message, [.. eventData.Payload ?? new([])]));
        }
    }
}
