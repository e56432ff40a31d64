using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing shared dictionaries of any process.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "SharedDictionary")]
[OutputType(typeof(SharedDictionary))]
public sealed class GetSharedDictionaryCommand : NamedObjectCmdlet<SharedDictionary>
{
    /// <summary>The names, with wildcards; by default all dictionaries. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(DictionaryNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    private protected override NamedObjects<SharedDictionary> Known => SharedDictionary.Named;

    /// <summary>Opens the dictionaries.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
