using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits until a script block is true, which it looks at under the condition's lock whenever another process says that something has changed.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "IpcCondition")]
public sealed class WaitIpcConditionCommand : NamedObjectCmdlet<IpcCondition>
{
    /// <summary>The condition: an object or a name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(ConditionNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] Condition { get; set; } = [];

    /// <summary>What is to be true; without it, to be woken is enough. The lock is held while it runs, and afterwards if it was held before.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    public ScriptBlock? Predicate { get; set; }

    /// <summary>The longest time to wait: seconds, or a TimeSpan. For ever when it is not given.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    private protected override NamedObjects<IpcCondition> Known => IpcCondition.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(Condition);

    private protected override void Process(IpcCondition target)
    {
        var deadline = Deadline.After(Timeout);
        target.Lock.Enter(deadline, StopToken);
        try
        {
            LockWarning.WriteIfAbandoned(this, target.Lock);
            if (Predicate is null)
            {
                if (!target.Wait(deadline, StopToken))
                {
                    throw TimedOut(target);
                }

                return;
            }

            while (!IsTrue(Predicate))
            {
                if (!target.Wait(deadline, StopToken) && !IsTrue(Predicate))
                {
                    throw TimedOut(target);
                }
            }
        }
        finally
        {
            if (target.Lock.IsHeldHere && !target.IsRemoved)
            {
                target.Lock.Exit();
            }
        }
    }

    private static bool IsTrue(ScriptBlock predicate) => LanguagePrimitives.IsTrue(predicate.InvokeReturnAsIs());

    private static IpcException TimedOut(IpcCondition target) =>
        new(IpcErrorKind.Timeout, Messages.ConditionTimedOut.With(target.ShownName), target.ShownName);
}
