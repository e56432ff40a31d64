using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a shared dictionary of serializable values by text keys. It grows as needed.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "SharedDictionary")]
[OutputType(typeof(SharedDictionary))]
public sealed class NewSharedDictionaryCommand : NewObjectCmdlet<SharedDictionary>
{
    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>The serializer of values (MessagePack).</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    [ValidateNotNullOrEmpty]
    public string Serializer { get; set; } = IpcSerializers.DefaultName;

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    private protected override NamedObjects<SharedDictionary> Known => SharedDictionary.Named;

    /// <summary>Makes the dictionary.</summary>
    protected override void ProcessRecord() => Write(
        Name,
        () => SharedDictionary.Create(Name, Serializer, Persistent, OpenExisting),
        made => [(nameof(Serializer), IpcSerializers.Get(Serializer).Name, made.Serializer), (nameof(Persistent), Persistent.IsPresent, made.IsPersistent)]);
}
