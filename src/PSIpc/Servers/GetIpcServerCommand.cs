using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Lists the servers that this session is connected to.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcServer")]
[OutputType(typeof(IpcServer))]
public sealed class GetIpcServerCommand : IpcCmdlet
{
    /// <summary>The names, with wildcards; by default all servers. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Lists the servers.</summary>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
                WriteObject(IpcServers.All.Where(s => pattern.IsMatch(s.Name)).ToArray(), enumerateCollection: true);
            }
            else
            {
                Try(() => WriteObject(ServerArgument.Resolve(IpcName.Check(name), StopToken)), name);
            }
        }
    }
}
