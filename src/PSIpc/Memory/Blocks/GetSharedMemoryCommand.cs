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

    /// <summary>Map it so that it cannot be written here: an attempt is an error, and never gets through.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    private protected override NamedObjects<SharedMemory> Known => SharedMemory.Named;

    /// <summary>Opens the blocks.</summary>
    protected override void ProcessRecord()
    {
        foreach (string name in Name.SelectMany(n => WildcardPattern.ContainsWildcardCharacters(n) ? Known.NamesLike(n) : [n]))
        {
            Try(() => WriteObject(Open(name)), name);
        }
    }

    private SharedMemory Open(string name) => !Known.Exists(Core.IpcName.Check(name)) ? SharedMemory.OpenForeign(name, ReadOnly)
        : ReadOnly ? SharedMemory.Open(name, readOnly: true)
        : Known.ByName(name);
}
