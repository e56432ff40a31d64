namespace PSIpc.Core.Waiting;

/// <summary>Something that is ready or not, and that one can wait for together with others.</summary>
internal interface IWaitable
{
    /// <summary>Announces a sleeper, then looks.</summary>
    /// <param name="target">What to sleep on when it is not ready.</param>
    /// <returns>Whether it is ready.</returns>
    bool IsReady(out WaitTarget target);

    /// <summary>Counts a thread among those that wait for it, or no more; so that people see who waits for what.</summary>
    /// <param name="change">1 or -1.</param>
    void CountWaiting(int change)
    {
    }

    /// <summary>Has a waiter called when it may have become ready, where there is no word to sleep on.</summary>
    /// <param name="wake">What to call, from any thread.</param>
    void Attach(Action wake)
    {
    }

    /// <summary>Takes back what <see cref="Attach"/> did.</summary>
    /// <param name="wake">What was to be called.</param>
    void Detach(Action wake)
    {
    }
}
