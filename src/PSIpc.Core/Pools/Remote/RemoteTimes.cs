namespace PSIpc.Core.Pools.Remote;

/// <summary>The times of pools over many machines. Both ends rely on them: <see cref="RetryGrace"/> has to be longer than <see cref="FenceTimeout"/>.</summary>
internal sealed record RemoteTimes
{
    /// <summary>How long a host may be without a connection before it kills what another host may run again.</summary>
    public TimeSpan FenceTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a host may be without a connection before it kills everything: longer than a server takes to start again.</summary>
    public TimeSpan OutageTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long after a host's connection was closed its items are begun elsewhere.</summary>
    public TimeSpan RetryGrace { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long after a host's connection was closed items that are not to be retried fail.</summary>
    public TimeSpan LossGrace { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How often a caller asks a host that has batches of it.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a caller asks a host that has none.</summary>
    public TimeSpan IdlePingInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a host may leave pings unanswered although it is connected.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a host hears nothing of a caller that has batches there before it asks the broker for it.</summary>
    public TimeSpan CallerSilence { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a host keeps the workers of a caller that says nothing and has no work.</summary>
    public TimeSpan IdleCallerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a task may wait unclaimed before it is published again if the queue is empty.</summary>
    public TimeSpan UnclaimedTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a task that a host refused waits before it is published again.</summary>
    public TimeSpan RefusalPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a claim may have no answer before the host asks the broker for its caller.</summary>
    public TimeSpan ClaimTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a host may have nothing of what it was granted before it is told again.</summary>
    public TimeSpan GrantTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long what is in a host's hand may wait for a slot before it is returned.</summary>
    public TimeSpan ReturnAfter { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Batches that take less have the next one fetched ahead. Less than <see cref="ReturnAfter"/>, so that it is not returned.</summary>
    public TimeSpan AheadBelow { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long results of a batch that is not complete wait for more of them.</summary>
    public TimeSpan CollectTime { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long results that the caller has are collected before the host is told.</summary>
    public TimeSpan SettleInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a signed message may be on its way.</summary>
    public TimeSpan Expiry { get; init; } = TimeSpan.FromMinutes(10);
}
