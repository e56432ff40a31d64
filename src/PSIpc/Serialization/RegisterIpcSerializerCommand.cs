using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Adds a serializer of your own to this session.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Register, "IpcSerializer", DefaultParameterSetName = ScriptSet)]
[OutputType(typeof(IpcSerializerInfo))]
public sealed class RegisterIpcSerializerCommand : IpcCmdlet
{
    private const string ScriptSet = "Script";
    private const string ObjectSet = "Object";

    /// <summary>Its name, 1 to 60 of <c>A-Z a-z 0-9 . _ -</c>. Messages carry it, and a receiver's session must have a serializer of this name.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ScriptSet)]
    public string Name { get; set; } = "";

    /// <summary>The script block that converts the object <c>$_</c> to bytes (byte[], or single bytes) or a text.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ScriptSet)]
    public ScriptBlock Serialize { get; set; } = null!;

    /// <summary>The script block that converts the bytes <c>$_</c>, a byte[], to an object.</summary>
    [Parameter(Mandatory = true, Position = 2, ParameterSetName = ScriptSet)]
    public ScriptBlock Deserialize { get; set; } = null!;

    /// <summary>A description in one line.</summary>
    [Parameter(ParameterSetName = ScriptSet)]
    public string Description { get; set; } = "A serializer of this session's own.";

    /// <summary>An object of a .NET class that implements <see cref="IIpcSerializer"/>.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ObjectSet, ValueFromPipeline = true)]
    public IIpcSerializer InputObject { get; set; } = null!;

    /// <summary>Replaces a serializer of that name.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the serializer to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Adds the serializer.</summary>
    protected override void ProcessRecord() => Try(
        () =>
        {
            IIpcSerializer serializer = ParameterSetName == ObjectSet ? InputObject : new ScriptSerializer(Name, Description, Serialize, Deserialize);
            IpcSerializers.Register(serializer, Force);
            WriteVerbose($"Registered serializer '{serializer.Name}' in this session.");
            if (PassThru)
            {
                WriteObject(new IpcSerializerInfo(serializer.Name, IpcSerializers.NamedFormat, IsDefault: false, serializer.Description));
            }
        },
        Name);
}
