using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Lists the process pools of this session: those of New-ProcessPool, and the session's own pools.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "ProcessPool")]
[OutputType(typeof(ProcessPool))]
public sealed class GetProcessPoolCommand : IpcCmdlet
{
    /// <summary>The names, with wildcards; by default all pools.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(PoolNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Lists the pools.</summary>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
                WriteObject(ProcessPool.All.Where(p => pattern.IsMatch(p.Name)), enumerateCollection: true);
            }
            else
            {
                Try(() => WriteObject(ProcessPool.Resolve(name)), name);
            }
        }
    }
}
