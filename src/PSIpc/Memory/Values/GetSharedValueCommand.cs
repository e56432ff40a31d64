using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing shared values of any process.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "SharedValue")]
[OutputType(typeof(SharedValue))]
public sealed class GetSharedValueCommand : NamedObjectCmdlet<SharedValue>
{
    /// <summary>The names, with wildcards; by default all values. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ValueNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    private protected override NamedObjects<SharedValue> Known => SharedValue.Named;

    /// <summary>Opens the values.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
