namespace PSIpc.Core.Channels;

/// <summary>What a topic does when its ring is full of messages that a subscription has not received.</summary>
public enum TopicOverflow
{
    /// <summary>Publishers wait for the slowest living subscription.</summary>
    Block = 0,

    /// <summary>The oldest messages go; a subscription that had not received them counts them as lost.</summary>
    DropOldest = 1,
}
