using System.Management.Automation;
using PSIpc.Core.Channels;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a pipe between two processes: one-way, from .Writer to .Reader, or two-way, between .First and .Second.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcPipe")]
[OutputType(typeof(IpcPipe))]
public sealed class NewIpcPipeCommand : NewChannelCmdlet<IpcPipe>
{
    private const long LargestCapacity = 1L << 40;

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>Makes a two-way pipe.</summary>
    [Parameter]
    public SwitchParameter Duplex { get; set; }

    /// <summary>The size of the buffer of each direction in bytes (1 MB), rounded up to a power of two of at least 4 KB. All of it is reserved when the pipe is made.</summary>
    [Parameter]
    [ValidateRange(1, LargestCapacity)]
    public long Capacity { get; set; } = SharedPipe.DefaultCapacity;

    private protected override NamedObjects<IpcPipe> Known => IpcPipe.Named;

    /// <summary>Makes the pipe.</summary>
    protected override void ProcessRecord() => Write(
        Name,
        () => IpcPipe.Create(Name, Duplex, Capacity, SerializerName, OpenExisting),
        static pipe => pipe.Ends,
        pipe => [(nameof(Duplex), Duplex.IsPresent, pipe.IsDuplex), (nameof(Capacity), RingMemory.RoundCapacity(Capacity), pipe.Capacity)]);
}
