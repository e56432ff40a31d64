using PSIpc.Core.Channels;
using PSIpc.Core.Pools.Remote;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A connection to a server, by whatever protocol. In an assembly of its own, with what it depends on.</summary>
/// <remarks>It comes back by itself after it was lost. Whatever is opened through it ends with it.</remarks>
internal interface IServerConnection : IDisposable
{
    /// <summary>Whether it is there now; false while it is being made again.</summary>
    bool IsConnected { get; }

    /// <summary>Whether it was disposed.</summary>
    bool IsDisposed { get; }

    /// <summary>What the server is, and its version.</summary>
    string Product { get; }

    /// <summary>Why the server accepts no messages now, in its own words; null where it does.</summary>
    string? BlockedReason { get; }

    /// <summary>Connects for the first time.</summary>
    void Connect(Deadline deadline, CancellationToken cancellation);

    /// <summary>Makes a queue.</summary>
    IMessageQueue CreateQueue(string name, ServerChannelSettings settings, CancellationToken cancellation);

    /// <summary>Opens a queue that exists.</summary>
    IMessageQueue OpenQueue(string name, CancellationToken cancellation);

    /// <summary>Makes a topic.</summary>
    IMessageTopic CreateTopic(string name, ServerChannelSettings settings, CancellationToken cancellation);

    /// <summary>Opens a topic that exists.</summary>
    IMessageTopic OpenTopic(string name, CancellationToken cancellation);

    /// <summary>Makes the end of a process pool over many machines at the server.</summary>
    /// <param name="pool">The pool's name.</param>
    /// <param name="caller">The caller's id; empty for a host.</param>
    IMessageTransport OpenTransport(string pool, Guid caller);

    /// <summary>Opens a subscription to a topic that another process began.</summary>
    IMessageSubscription OpenSubscription(string topic, long part, CancellationToken cancellation);
}

/// <summary>How a queue or a topic on a server is made.</summary>
/// <param name="Format">The serializer of senders that name none.</param>
/// <param name="Capacity">The most bytes of messages; 0 for no limit.</param>
/// <param name="MaxCount">The most messages; 0 for no limit.</param>
/// <param name="RequiresConfirmation">Whether messages of the queue stay until they are confirmed.</param>
/// <param name="DropsOldest">Whether the topic drops the oldest messages of a subscription that is full.</param>
internal sealed record ServerChannelSettings(
    MessageFormat Format, long Capacity = 0, long MaxCount = 0, bool RequiresConfirmation = false, bool DropsOldest = false);
