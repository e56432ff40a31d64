using PSIpc.Core.Segments;

namespace PSIpc.TestPeer.Kills;

/// <summary>What lives on when the owner of a primitive is killed, and what the owner does before.</summary>
internal abstract class Survivor(IpcDirectory directory) : IDisposable
{
    /// <summary>All primitives whose owners can be killed.</summary>
    public static readonly string[] All =
        ["lock", "recursive-lock", "array-lock", "semaphore", "event", "automatic-event", "barrier", "condition", "value", "dictionary"];

    /// <summary>How often it took over from a dead owner and was told so.</summary>
    public int TakenOver { get; protected set; }

    protected IpcDirectory Directory => directory;

    /// <summary>The survivor of a primitive; makes what it shares with the victims, or opens that in a victim.</summary>
    public static Survivor Of(string primitive, IpcDirectory directory, bool isVictim) => primitive switch
    {
        "semaphore" => new SemaphoreSurvivor(directory, isVictim),
        "event" or "automatic-event" => new EventSurvivor(directory, isVictim, primitive == "automatic-event"),
        "barrier" => new BarrierSurvivor(directory),
        "value" => new ValueSurvivor(directory, isVictim),
        "dictionary" => new DictionarySurvivor(directory, isVictim),
        _ => new LockSurvivor(directory, isVictim, primitive),
    };

    /// <summary>Before a victim starts.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>Waits for the primitive again and again, until it got it after the victim's death.</summary>
    public abstract void Survive(KillMoment moment);

    /// <summary>Looks whether all is as if there had been no victim.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public abstract void Check();

    /// <summary>What a victim does once. It is repeated until the kill.</summary>
    /// <param name="random">How long it stays inside.</param>
    public abstract void Suffer(Random random);

    public abstract void Dispose();

    protected static void Require(bool holds, string wrong)
    {
        if (!holds)
        {
            throw new InvalidOperationException(wrong);
        }
    }

    /// <summary>Stays inside for no time, some instructions or some milliseconds.</summary>
    protected static void Stay(Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                Thread.SpinWait(random.Next(100));
                break;
            case 1:
                Thread.Sleep(random.Next(4));
                break;
        }
    }
}
