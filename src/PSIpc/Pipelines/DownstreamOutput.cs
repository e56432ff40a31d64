using System.Management.Automation;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// Output of cmdlets that becomes ready by itself, such as a pool's results, written while a command before them in the pipeline waits. The engine gives a cmdlet its turn when
/// input comes; a cmdlet of ours that waits for input therefore also waits for what is ready further down, and gives the cmdlet that has it a turn.
/// </summary>
/// <remarks>
/// All pipelines of a thread are nested in each other, so the cmdlets of a thread that have begun, have not ended and are not at work now are downstream of the one that waits: of
/// itself, or of the function or script block that called it.
/// </remarks>
internal static class DownstreamOutput
{
    [ThreadStatic]
    private static List<Source>? _sources;

    /// <summary>Whether a cmdlet may become ready to write while the caller waits.</summary>
    public static bool IsExpected
    {
        get
        {
            if (_sources is not null)
            {
                foreach (Source source in _sources)
                {
                    if (source.IsWaiting)
                    {
                        return true;
                    }
                }
            }

            return false;
        }
    }

    /// <summary>Notes a cmdlet that has begun on this thread; null where the engine cannot give it a turn.</summary>
    /// <param name="cmdlet">The cmdlet, whose ProcessRecord looks for <see cref="PipelineTurn.IsMarker"/>.</param>
    /// <param name="ready">Ready when it has something to write; null where only time tells.</param>
    /// <param name="nextTurn">When it wants a turn in any case; asked again after each turn.</param>
    public static Source? Register(PSCmdlet cmdlet, IWaitable? ready, Func<Deadline> nextTurn)
    {
        if (PipelineTurn.For(cmdlet) is not { } turn)
        {
            return null;
        }

        _sources ??= [];
        var source = new Source(_sources, turn, ready, nextTurn);
        lock (_sources)
        {
            _sources.Add(source);
        }

        return source;
    }

    /// <summary>Waits until any of several is ready, or all are at once, and meanwhile has cmdlets write what they have.</summary>
    /// <param name="items">What is waited for.</param>
    /// <param name="all">Whether all are waited for.</param>
    /// <param name="deadline">Until when.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The indices of those that are ready; fewer than asked for when the time is up.</returns>
    /// <remarks>What the cmdlets throw goes on to the caller: it is what they would throw at their own turn, and ends the pipeline.</remarks>
    public static IReadOnlyList<int> Wait(IReadOnlyList<IWaitable> items, bool all, Deadline deadline, CancellationToken cancellation)
    {
        while (true)
        {
            IReadOnlyList<int> ready = WaitOnce(items, all, Deadline.Now, cancellation);
            if ((all ? ready.Count == items.Count : ready.Count > 0) || deadline.IsOver)
            {
                return ready;
            }

            Source[] sources = Waiting();
            Deadline wake = deadline;
            foreach (Source source in sources)
            {
                wake = wake.OrEarlier(source.Due);
            }

            // Of all, those that are ready now would end the wait at once.
            WaitOnce([.. items.Where((_, i) => !ready.Contains(i)), .. sources.Select(s => s.Ready).OfType<IWaitable>()], all: false, wake, cancellation);
            foreach (Source source in sources)
            {
                source.GiveTurn();
            }
        }
    }

    private static IReadOnlyList<int> WaitOnce(IReadOnlyList<IWaitable> items, bool all, Deadline deadline, CancellationToken cancellation)
    {
        using var wait = new MultipleWait(items);
        return wait.Wait(all, deadline, cancellation);
    }

    private static Source[] Waiting()
    {
        if (_sources is null)
        {
            return [];
        }

        lock (_sources)
        {
            return [.. _sources.Where(s => s.IsWaiting)];
        }
    }

    /// <summary>A cmdlet that has begun.</summary>
    internal sealed class Source(List<Source> sources, PipelineTurn turn, IWaitable? ready, Func<Deadline> nextTurn)
    {
        private int _atWork;
        private Deadline? _due;

        /// <summary>Ready when the cmdlet has something to write; null where only time tells.</summary>
        public IWaitable? Ready => ready;

        /// <summary>When the cmdlet wants a turn whether or not it has something to write.</summary>
        public Deadline Due => _due ??= nextTurn();

        /// <summary>Whether it waits for its turn.</summary>
        public bool IsWaiting => _atWork == 0 && turn.IsPossible;

        /// <summary>The cmdlet is at work; what runs on this thread until it is done is called by it.</summary>
        public void BeginWork() => _atWork++;

        /// <summary>The cmdlet is done with its work.</summary>
        public void EndWork()
        {
            _atWork--;
            _due = null;
        }

        /// <summary>Gives the cmdlet a turn, if it has use for one.</summary>
        public void GiveTurn()
        {
            if (IsWaiting && (Due.IsOver || ready?.IsReady(out _) == true))
            {
                _due = null;
                turn.Take();
            }
        }

        /// <summary>The cmdlet has ended.</summary>
        public void End()
        {
            lock (sources)
            {
                sources.Remove(this);
            }
        }
    }
}
