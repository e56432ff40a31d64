using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes process pools after their queued items have ended; -Force kills the workers instead.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "ProcessPool", SupportsShouldProcess = true)]
public sealed class RemoveProcessPoolCommand : IpcCmdlet
{
    /// <summary>The pools: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(PoolNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Pool { get; set; } = [];

    /// <summary>Kills the workers: the items that they are running fail.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The maximum time to wait for the items that are queued, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Removes the pools.</summary>
    protected override void ProcessRecord()
    {
        foreach (object argument in Pool)
        {
            Try(
                () =>
                {
                    foreach (ProcessPool pool in PoolArgument.Expand(argument).Where(p => ShouldProcess($"process pool '{p.Name}'", "Remove")))
                    {
                        Remove(pool);
                    }
                },
                argument);
        }
    }

    private void Remove(ProcessPool pool)
    {
        if (Force)
        {
            pool.Dispose();
            pool.Engine.WaitUntilGone(Deadline.Never, StopToken);
            return;
        }

        pool.Engine.Close();
        if (!pool.Engine.WaitUntilGone(Deadline.After(Timeout), StopToken))
        {
            throw new IpcException(
                IpcErrorKind.Timeout,
                Messages.PoolNotFinished.With(pool.Name, pool.Running, pool.Pending),
                pool.Name);
        }

        pool.Dispose();
    }
}

/// <summary>Pools as users name them.</summary>
internal static class PoolArgument
{
    /// <summary>The pools of an argument, which may be a wildcard.</summary>
    public static IEnumerable<ProcessPool> Expand(object argument)
    {
        if ((argument is PSObject wrapped ? wrapped.BaseObject : argument) is string text && WildcardPattern.ContainsWildcardCharacters(text))
        {
            var pattern = WildcardPattern.Get(text, WildcardOptions.IgnoreCase);
            return [.. ProcessPool.All.Where(p => pattern.IsMatch(p.Name))];
        }

        return [ProcessPool.Resolve(argument)];
    }
}
