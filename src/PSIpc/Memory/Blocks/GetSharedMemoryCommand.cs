using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens blocks of bytes that exist, made by this process, another, or another program such as Python.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "SharedMemory")]
[OutputType(typeof(SharedMemory))]
public sealed class GetSharedMemoryCommand : NamedObjectCmdlet<SharedMemory>
{
    /// <summary>The names, with wildcards; all blocks of this module when none is given. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MemoryNameCompleter))]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The longest time to wait for each name until there is one, or for one that matches a wildcard: seconds, or a TimeSpan. No wait when it is not given.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    /// <summary>Map it so that it cannot be written here: an attempt is an error, and never gets through.</summary>
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
