using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Wakes one waiter of a condition, or all of them.</para>
/// </summary>
[Cmdlet(VerbsCommon.Set, "IpcCondition", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
public sealed class SetIpcConditionCommand : NamedObjectCmdlet<IpcCondition>
{
    /// <summary>The conditions: objects or names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(ConditionNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] Condition { get; set; } = [];

    /// <summary>Wakes all waiters instead of the one that has waited longest.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    private protected override NamedObjects<IpcCondition> Known => IpcCondition.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(Condition);

    private protected override void Process(IpcCondition target)
    {
        if (ShouldProcess($"condition '{target.ShownName}'", All ? "Wake all" : "Wake one"))
        {
            target.Set(All, StopToken);
        }
    }
}
