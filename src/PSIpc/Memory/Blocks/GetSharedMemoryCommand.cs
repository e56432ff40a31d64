using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing blocks of bytes of any process, and of other programs such as Python.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "SharedMemory")]
[OutputType(typeof(SharedMemory))]
public sealed class GetSharedMemoryCommand : NamedObjectCmdlet<SharedMemory>
{
    /// <summary>The names, with wildcards; by default all blocks of this module. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MemoryNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    /// <summary>Maps the memory read-only: an attempt to write it is an error.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    private protected override NamedObjects<SharedMemory> Known => SharedMemory.Named;

    /// <summary>Opens the blocks.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout, Open);

    private SharedMemory Open(string name)
    {
        if (!Known.Exists(Core.IpcName.Check(name)))
        {
            SharedMemory foreign = SharedMemory.OpenForeign(name, ReadOnly);
            if (!Known.Exists(name))
            {
                return foreign;
            }

            foreign.Dispose(); // It is one of this module that was made meanwhile.
        }

        return ReadOnly ? SharedMemory.Open(name, readOnly: true) : Known.ByName(name);
    }
}
