using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing conditions of any process.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcCondition")]
[OutputType(typeof(IpcCondition))]
public sealed class GetIpcConditionCommand : NamedObjectCmdlet<IpcCondition>
{
    /// <summary>The names, with wildcards; by default all conditions. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ConditionNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    private protected override NamedObjects<IpcCondition> Known => IpcCondition.Named;

    /// <summary>Opens the conditions.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
