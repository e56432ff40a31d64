using System.Management.Automation;
using PSIpc.Core.Channels;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a topic: each subscription gets every object that is sent into it.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcTopic")]
[OutputType(typeof(IpcTopic))]
public sealed class NewIpcTopicCommand : NewChannelCmdlet
{
    private const long LargestCapacity = 1L << 40;

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>Bytes of messages that it holds (4 MB), rounded up to a power of two of at least 4 KB and reserved at once.</summary>
    [Parameter]
    [ValidateRange(1, LargestCapacity)]
    public long Capacity { get; set; } = SharedTopic.DefaultCapacity;

    /// <summary>When it is full of messages that a subscription has not received: senders wait for it (Block), or the oldest messages go (DropOldest).</summary>
    [Parameter]
    public TopicOverflow OnOverflow { get; set; }

    /// <summary>Keep it when the last process leaves it, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    /// <summary>Makes the topic.</summary>
    protected override void ProcessRecord() =>
        Try(() => Write(() => IpcTopic.Create(Name, Capacity, OnOverflow, SerializerName, Persistent), static topic => [topic]), Name);
}
