using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a shared dictionary. Processes that have it open keep their access until they close it.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "SharedDictionary", SupportsShouldProcess = true)]
public sealed class RemoveSharedDictionaryCommand : NamedObjectCmdlet<SharedDictionary>
{
    /// <summary>The shared dictionaries: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(DictionaryNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] InputObject { get; set; } = [];

    private protected override NamedObjects<SharedDictionary> Known => SharedDictionary.Named;

    /// <summary>Removes the dictionaries.</summary>
    protected override void ProcessRecord() => ForEach(InputObject);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
