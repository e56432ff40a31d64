using PSIpc.Core.Segments;

namespace PSIpc.Core.Channels;

/// <summary>
/// Which process has something that only one may have at a time, an end of a pipe or a subscription: one word of shared memory.
/// </summary>
/// <remarks>
/// The word is 0 once it is closed, else the owner's participant id, with the top bit set once the owner has used it. It goes from an owner
/// that has not used it to any other, from an owner to used, and from anything to 0, which is for good. Whoever changes the owner
/// holds the locks that guard the waits of the other side, which watches the owner's life and must learn of a new one.
/// </remarks>
internal readonly unsafe struct EndOwner(uint* word, Segment segment)
{
    private const uint UsedBit = 1u << 31;

    /// <summary>The word, for those who compare it with what they saw before.</summary>
    public uint Word => Volatile.Read(ref *word);

    /// <summary>Whether it is closed for good.</summary>
    public bool IsClosed => Word == 0;

    /// <summary>The owner's participant id, or 0.</summary>
    public uint Participant => ParticipantIn(Word);

    /// <summary>The owner's participant id in a word, or 0.</summary>
    public static uint ParticipantIn(uint word) => word & ~UsedBit;

    /// <summary>Whether this process has it.</summary>
    public bool IsHere => Participant == segment.Participant;

    /// <summary>Whether this process has it and has not used it.</summary>
    public bool IsHereUnused => Word == segment.Participant;

    /// <summary>Whether its owner is gone, or it is closed.</summary>
    public bool IsGone => Participant is uint owner && (owner == 0 || !(owner == segment.Participant || segment.Participants.IsAlive(owner)));

    /// <summary>Gives a new one to its maker.</summary>
    public void Initialize() => *word = segment.Participant;

    /// <summary>Makes this process the owner. The caller holds the locks that guard the waits of the other side.</summary>
    /// <param name="use">Whether this process uses it from now on, so that it goes to nobody else.</param>
    /// <param name="title">Says what it is, for the message of an error.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when another living process uses it; <see cref="IpcErrorKind.Closed"/>.</exception>
    public void Take(bool use, Func<string> title)
    {
        while (true)
        {
            uint seen = RequireFree(title);
            uint owner = seen & ~UsedBit;
            uint mine = segment.Participant | (use ? UsedBit : owner == segment.Participant ? seen & UsedBit : 0);
            if (Interlocked.CompareExchange(ref *word, mine, seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>Refuses what is closed, or what another living process uses; returns the word.</summary>
    /// <param name="title">Says what it is, for the message of an error.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> or <see cref="IpcErrorKind.Closed"/>.</exception>
    public uint RequireFree(Func<string> title)
    {
        uint seen = Word;
        uint owner = seen & ~UsedBit;
        if (seen == 0 || (owner != segment.Participant && !segment.Participants.IsAlive(owner)))
        {
            throw new IpcException(IpcErrorKind.Closed, Messages.EndClosed.With(title()), segment.Name);
        }

        return owner == segment.Participant || (seen & UsedBit) == 0 ? seen : throw new IpcException(
            IpcErrorKind.NotOwner,
            Messages.EndInUseElsewhere.With(title(), segment.Participants.ProcessIdOf(owner)),
            segment.Name);
    }

    /// <summary>Refuses what is closed or used, by this process too: it does not go to another one any more.</summary>
    /// <param name="title">Says what it is, for the message of an error.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> or <see cref="IpcErrorKind.Closed"/>.</exception>
    public void RequireUnused(Func<string> title)
    {
        if ((RequireFree(title) & UsedBit) != 0)
        {
            throw new IpcException(
                IpcErrorKind.NotOwner,
                Messages.EndUsedCannotTravel.With(title()),
                segment.Name);
        }
    }

    /// <summary>Notes that this process uses what it has; false when it does not have it.</summary>
    public bool TryUse()
    {
        uint seen = Interlocked.CompareExchange(ref *word, segment.Participant | UsedBit, segment.Participant);
        return (seen & ~UsedBit) == segment.Participant;
    }

    /// <summary>Closes it for good, if this process has it; false when it does not.</summary>
    public bool TryClose()
    {
        uint unused = segment.Participant;
        uint seen = Interlocked.CompareExchange(ref *word, 0, unused);
        return seen == unused || (seen == (unused | UsedBit) && Interlocked.CompareExchange(ref *word, 0, seen) == seen);
    }

    /// <summary>Closes it for good, if this process has it and has not used it.</summary>
    public bool TryCloseUnused() => Interlocked.CompareExchange(ref *word, 0, segment.Participant) == segment.Participant;

    /// <summary>Closes it for good, whoever has it.</summary>
    public void Close() => Interlocked.Exchange(ref *word, 0);
}
