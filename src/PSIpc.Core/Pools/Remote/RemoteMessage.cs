namespace PSIpc.Core.Pools.Remote;

/// <summary>What a message between a caller and a host says. The kind implies the direction.</summary>
internal enum RemoteKind : byte
{
    /// <summary>Caller to pool: items that a host may claim.</summary>
    Task = 1,

    /// <summary>Host to caller: asks for a batch.</summary>
    Claim = 2,

    /// <summary>Caller to host: the batch of a claim is the host's.</summary>
    Grant = 3,

    /// <summary>Caller to host: the batch of a claim is not the host's.</summary>
    Deny = 4,

    /// <summary>Host to caller: one part of a batch's results.</summary>
    Result = 5,

    /// <summary>Caller to host: parts that the caller has, and calls that are over.</summary>
    Settled = 6,

    /// <summary>Host to caller: items of a batch that have not begun and will not.</summary>
    Returned = 7,

    /// <summary>Caller to host: run what comes at the end of a call.</summary>
    End = 8,

    /// <summary>Caller to hosts: the call is over, its items are to be stopped.</summary>
    Cancel = 9,

    /// <summary>Caller to host: asks for <see cref="Status"/>; has the body of <see cref="Settled"/>.</summary>
    Ping = 10,

    /// <summary>Host to caller: its epoch, the batches that it has begun and the calls that it has of this caller, its workers.</summary>
    Status = 11,

    /// <summary>Host to caller: a task that the host cannot read.</summary>
    Refused = 12,

    /// <summary>Caller to hosts: the pool is closed. Host to caller: the host has drained.</summary>
    Goodbye = 13,

    /// <summary>Either way: a part of a message that is too large to travel in one piece.</summary>
    Part = 14,
}

/// <summary>What a message says besides its kind.</summary>
[Flags]
internal enum RemoteFlags : ushort
{
    None = 0,

    /// <summary>Of a claim: the host has the setup of the pool. Of a grant: the body begins with it.</summary>
    Pool = 1,

    /// <summary>Of a claim: the host has the setup of the call. Of a grant: the body has it.</summary>
    Call = 2,

    /// <summary>Of a task and a grant: the body has the items. A task without them has large ones, which come with the grant.</summary>
    Items = 4,

    /// <summary>Of a claim: a grant came without the setup that the host lacks. Of a ping: results may have been lost, and are to be sent again.</summary>
    Missing = 8,

    /// <summary>The sender is a host.</summary>
    FromHost = 16,
}

/// <summary>A message between a caller and a host. Each kind is idempotent: no promise depends on whether a message is lost, comes twice, late, or in another order.</summary>
internal sealed record RemoteMessage
{
    public required RemoteKind Kind { get; init; }

    public RemoteFlags Flags { get; init; }

    /// <summary>The pool object of the session that called.</summary>
    public Guid Caller { get; init; }

    /// <summary>The host; empty in a task.</summary>
    public Guid Host { get; init; }

    /// <summary>The host's epoch: one connection of it.</summary>
    public Guid Epoch { get; init; }

    /// <summary>The number of the call in its pool.</summary>
    public uint Call { get; init; }

    /// <summary>How often the items of the batch were begun before. Of a claim and a status: the number of the epoch in its host, since a message of a former epoch may be delivered again.</summary>
    public int Attempt { get; init; }

    /// <summary>The number of the batch in its pool.</summary>
    public long Batch { get; init; }

    /// <summary>The number of a claim in its host, which never has another one of this number. A grant, a denial and a return name the claim that they are about.</summary>
    public long Claim { get; init; }

    /// <summary>After which the message is void, in milliseconds of Unix time; 0 for never.</summary>
    public long Expiry { get; init; }

    /// <summary>The key that it is signed with; 0 for none.</summary>
    public uint KeyId { get; init; }

    /// <summary>What follows the header.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}

/// <summary>Why a message cannot be read.</summary>
internal enum RemoteReadFailure
{
    None,

    /// <summary>It is cut short, damaged, or its signature is wrong.</summary>
    Invalid,

    /// <summary>It is signed with a key that this end does not have, or not signed although this end has one.</summary>
    UnknownKey,

    /// <summary>It has a newer version.</summary>
    NewerVersion,
}
