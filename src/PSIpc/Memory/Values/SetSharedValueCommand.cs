using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Stores a value in a shared value.</para>
/// </summary>
[Cmdlet(VerbsCommon.Set, "SharedValue", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(SharedValue))]
public sealed class SetSharedValueCommand : NamedObjectCmdlet<SharedValue>
{
    /// <summary>The shared values: objects or names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(ValueNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] InputObject { get; set; } = [];

    /// <summary>The value to store.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [AllowNull]
    [AllowEmptyString]
    public object? Value { get; set; }

    /// <summary>Writes the shared value.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override NamedObjects<SharedValue> Known => SharedValue.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(InputObject);

    private protected override void Process(SharedValue target)
    {
        if (ShouldProcess($"shared value '{target.ShownName}'", $"Set to {Value}"))
        {
            target.Value = Value!;
            if (PassThru)
            {
                WriteObject(target);
            }
        }
    }
}
