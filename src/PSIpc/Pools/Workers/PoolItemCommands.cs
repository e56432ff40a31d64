using System.Management.Automation;

namespace PSIpc;

/// <summary>The first half of a worker's pipeline: runs items, each of whose outputs goes on to the second half. Known only inside workers.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "PoolItem")]
internal sealed class InvokePoolItemCommand : PSCmdlet
{
    /// <summary>Runs items until there is no more work.</summary>
    protected override void EndProcessing() => PoolWorker.Current!.RunItems(this);
}

/// <summary>What comes at the end of a worker's pipeline, however that ends: clean blocks of script blocks that are in the middle of a call. Known only inside workers.</summary>
[Cmdlet(VerbsCommon.Clear, "PoolCall")]
internal sealed class ClearPoolCallCommand : PSCmdlet
{
    /// <summary>Runs them.</summary>
    protected override void EndProcessing() => PoolWorker.Current!.LosePipelines();
}

/// <summary>The second half of a worker's pipeline: takes what items write. Known only inside workers.</summary>
[Cmdlet(VerbsData.Out, "PoolItem")]
internal sealed class OutPoolItemCommand : PSCmdlet
{
    /// <summary>What an item wrote.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public object? InputObject { get; set; }

    /// <summary>Takes it.</summary>
    protected override void ProcessRecord() => PoolWorker.Current!.Records.Add(StreamKind.Output, InputObject);
}
