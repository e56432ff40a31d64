using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits until a predicate is true. It is evaluated under the condition's lock, at once and after each wake.</para>
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

    /// <summary>The condition to wait for: a script block that returns true or false. Without it a wake ends the wait. The condition's lock is held while it runs, and afterwards if the caller held it before.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    public ScriptBlock? Predicate { get; set; }

    /// <summary>The maximum time to wait, in seconds or as a TimeSpan. By default there is no limit.</summary>
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
