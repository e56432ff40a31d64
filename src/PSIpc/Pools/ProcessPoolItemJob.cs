using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The child job of an item: its state, the error that ended it, and what it wrote.</summary>
public sealed class ProcessPoolItemJob : IpcJob
{
    private readonly ProcessPoolJob _parent;
    private readonly long _index;
    private Exception? _error;

    internal ProcessPoolItemJob(ProcessPoolJob parent, long index)
        : base(parent.Command, "", nameof(ProcessPoolItemJob))
    {
        _parent = parent;
        _index = index;
    }

    /// <summary>The state of the item, and the error that ended it.</summary>
    public override JobStateInfo JobStateInfo =>
        base.JobStateInfo is { State: JobState.NotStarted } && _parent.IsRunning(_index) ? new JobStateInfo(JobState.Running) : base.JobStateInfo;

    /// <inheritdoc/>
    public override string StatusMessage => "";

    /// <summary>An item cannot be stopped alone.</summary>
    /// <exception cref="PSNotSupportedException">Always.</exception>
    public override void StopJob() => throw new PSNotSupportedException(Messages.ItemJobNotStopped.With(_parent.Name));

    /// <summary>Notes that something came of the item.</summary>
    internal void Begin()
    {
        if (base.JobStateInfo.State == JobState.NotStarted)
        {
            SetState(JobState.Running);
        }
    }

    /// <summary>Notes the error that ends the item.</summary>
    internal void NoteError(Exception error) => _error ??= error;

    /// <summary>Sets the final state.</summary>
    internal void End(JobState state) => SetFinalState(state, _error);
}
