using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens queues that exist, made by this process or another.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcQueue")]
[OutputType(typeof(IpcQueue))]
public sealed class GetIpcQueueCommand : IpcCmdlet
{
    /// <summary>The names, with wildcards; all queues when none is given. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(QueueNameCompleter))]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Opens the queues.</summary>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                Try(() => WriteObject(QueueArgument.ByName(name)), name);
                continue;
            }

            foreach (string found in QueueArgument.NamesLike(name))
            {
                Try(() => WriteObject(QueueArgument.ByName(found)), found);
            }
        }
    }
}
