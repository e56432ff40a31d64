using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Channels;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a queue through which any number of processes send objects to any number of others.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcQueue")]
[OutputType(typeof(IpcQueue))]
public sealed class NewIpcQueueCommand : NewChannelCmdlet<IpcQueue>
{
    private const long LargestCapacity = 1L << 40;

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>The size of the buffer in bytes (4 MB), rounded up to a power of two of at least 4 KB. All of it is reserved when the queue is made. On a server there is no limit by default, and nothing is reserved.</summary>
    [Parameter]
    [ValidateRange(1, LargestCapacity)]
    public long Capacity { get; set; } = SharedQueue.DefaultCapacity;

    /// <summary>The maximum number of messages in the queue. By default only the capacity in bytes limits it.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long MaxCount { get; set; }

    /// <summary>
    /// Keeps each message until its receiver confirms it (Confirm-IpcMessage), and redelivers it when the receiver ends without having confirmed it.
    /// </summary>
    [Parameter]
    public SwitchParameter RequireConfirmation { get; set; }

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    /// <summary>The server to make it on: what Connect-IpcServer wrote, its name, or an address to connect to. A server keeps it on disk until it is removed. By default it is made in the shared memory of this machine.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object? Server { get; set; }

    private protected override NamedObjects<IpcQueue> Known => Server is null ? IpcQueue.Named : ServerArgument.Resolve(Server, StopToken).Queues(StopToken);

    /// <summary>Makes the queue.</summary>
    protected override void ProcessRecord() => Write(
        Name,
        Make,
        static queue => [queue],
        queue =>
        [
            (nameof(Capacity), Server is null ? RingMemory.RoundCapacity(Capacity) : Capacity, queue.Capacity),
            (nameof(MaxCount), MaxCount, queue.MaxCount),
            (nameof(RequireConfirmation), RequireConfirmation.IsPresent, queue.RequiresConfirmation),
            (nameof(Persistent), Persistent.IsPresent, queue.IsPersistent),
        ]);

    private IpcQueue Make()
    {
        if (Server is null)
        {
            return IpcQueue.Create(Name, Capacity, MaxCount, SerializerName, Persistent, RequireConfirmation, OpenExisting);
        }

        IServerConnection server = ServerArgument.Resolve(Server, StopToken).Connection;
        string name = IpcName.Check(Name ?? IpcName.MakeUnique("queue"));
        long capacity = MyInvocation.BoundParameters.ContainsKey(nameof(Capacity)) ? Capacity : 0;
        var settings = new ServerChannelSettings(IpcSerializers.FormatOf(SerializerName), capacity, MaxCount, RequireConfirmation);
        return new IpcQueue(OpenOrMake(() => server.OpenQueue(name, StopToken), () => server.CreateQueue(name, settings, StopToken)));
    }
}
