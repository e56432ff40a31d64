using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Channels;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a topic: each subscription gets every object that is sent into it.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcTopic")]
[OutputType(typeof(IpcTopic))]
public sealed class NewIpcTopicCommand : NewChannelCmdlet<IpcTopic>
{
    private const long LargestCapacity = 1L << 40;

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>The size of the buffer in bytes (4 MB), rounded up to a power of two of at least 4 KB. All of it is reserved when the topic is made. On a server it limits each subscription; by default there is no limit, except with DropOldest.</summary>
    [Parameter]
    [ValidateRange(1, LargestCapacity)]
    public long Capacity { get; set; } = SharedTopic.DefaultCapacity;

    /// <summary>What happens when the topic is full of messages that a subscription has not received: senders wait for that subscription (Block), or the oldest messages are dropped (DropOldest).</summary>
    [Parameter]
    public TopicOverflow OnOverflow { get; set; }

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    /// <summary>The server to make it on: what Connect-IpcServer wrote, its name, or an address to connect to. A server keeps it on disk until it is removed. By default it is made in the shared memory of this machine.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object? Server { get; set; }

    private protected override NamedObjects<IpcTopic> Known => Server is null ? IpcTopic.Named : ServerArgument.Resolve(Server, StopToken).Topics(StopToken);

    /// <summary>Makes the topic.</summary>
    protected override void ProcessRecord() => Write(
        Name,
        Make,
        static topic => [topic],
        topic =>
        [
            (nameof(Capacity), Server is null ? RingMemory.RoundCapacity(Capacity) : Capacity, topic.Capacity),
            (nameof(OnOverflow), OnOverflow, topic.OnOverflow),
            (nameof(Persistent), Persistent.IsPresent, topic.IsPersistent),
        ]);

    private IpcTopic Make()
    {
        if (Server is null)
        {
            return IpcTopic.Create(Name, Capacity, OnOverflow, SerializerName, Persistent, OpenExisting);
        }

        bool drops = OnOverflow == TopicOverflow.DropOldest;
        long capacity = drops || MyInvocation.BoundParameters.ContainsKey(nameof(Capacity)) ? Capacity : 0;
        IServerConnection server = ServerArgument.Resolve(Server, StopToken).Connection;
        string name = IpcName.Check(Name ?? IpcName.MakeUnique("topic"));
        var settings = new ServerChannelSettings(IpcSerializers.FormatOf(SerializerName), capacity, DropsOldest: drops);
        return new IpcTopic(OpenOrMake(() => server.OpenTopic(name, StopToken), () => server.CreateTopic(name, settings, StopToken)));
    }
}
