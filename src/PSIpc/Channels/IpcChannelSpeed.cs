namespace PSIpc;

/// <summary>What Measure-IpcChannel found on this machine, between two processes, in the engine: without serializers and cmdlets.</summary>
public sealed class IpcChannelSpeed
{
    /// <summary>What was measured: Queue, Pipe or Topic.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Bytes of a message.</summary>
    public int Size { get; init; }

    /// <summary>Messages a second, sent and received one by one.</summary>
    public double MessagesPerSecond { get; init; }

    /// <summary>Messages a second, sent in batches of 64 and received in batches.</summary>
    public double MessagesPerSecondInBatches { get; init; }

    /// <summary>Bytes a second of the messages one by one.</summary>
    public double BytesPerSecond { get; init; }

    /// <summary>Bytes a second that one thread copies in memory, in pieces of the same size: what no channel can pass.</summary>
    public double CopiedBytesPerSecond { get; init; }

    /// <summary>The median time there and back, both sides awake, in microseconds.</summary>
    public double RoundTripMicroseconds { get; init; }

    /// <summary>The median time there and back, each side woken from sleep, in microseconds.</summary>
    public double WokenRoundTripMicroseconds { get; init; }
}
