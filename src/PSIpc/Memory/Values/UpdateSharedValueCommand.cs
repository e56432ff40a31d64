using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Replaces a shared value by the result of a script block, under the value's lock.</para>
/// </summary>
[Cmdlet(VerbsData.Update, "SharedValue", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(object))]
public sealed class UpdateSharedValueCommand : NamedObjectCmdlet<SharedValue>
{
    /// <summary>The shared values: objects or names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(ValueNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] InputObject { get; set; } = [];

    /// <summary>The script block that computes the new value from the old one, which is <c>$_</c>. It runs again if a method such as Add changed the value while it ran.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>The maximum time to wait for the lock, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Writes the new value.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override NamedObjects<SharedValue> Known => SharedValue.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(InputObject);

    private protected override void Process(SharedValue target)
    {
        if (!ShouldProcess($"shared value '{target.ShownName}'", "Update"))
        {
            return;
        }

        target.Lock.Enter(Deadline.After(Timeout), StopToken);
        object after;
        try
        {
            LockWarning.WriteIfAbandoned(this, target.Lock);
            after = target.Change(Run, out _, StopToken);
        }
        finally
        {
            if (target.Lock.IsHeldHere && !target.IsRemoved)
            {
                target.Lock.Exit();
            }
        }

        if (PassThru)
        {
            WriteObject(after);
        }
    }

    private object? Run(object value)
    {
        System.Collections.ObjectModel.Collection<PSObject> output = ScriptBlock.InvokeWithContext(null, [new PSVariable("_", value)]);
        return output.Count == 1
            ? output[0]
            : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.UpdateWroteSeveral.With(output.Count));
    }
}
