namespace PSIpc;

/// <summary>A received message with what is known about it (<c>Receive-IpcMessage -IncludeMetadata</c>).</summary>
public sealed class IpcMessage
{
    /// <summary>The object that was sent.</summary>
    public object? Body { get; init; }

    /// <summary>The process id of the sender.</summary>
    public int SenderId { get; init; }

    /// <summary>Its place in the order of all messages of the channel, from 1.</summary>
    public long Sequence { get; init; }

    /// <summary>When it was sent, in local time.</summary>
    public DateTime? SentAt { get; init; }

    /// <summary>The name of the serializer that wrote it.</summary>
    public string Serializer { get; init; } = "";

    /// <summary>The bytes of the body.</summary>
    public int Size { get; init; }
}
