using System.Diagnostics;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.TestPeer.Kills;

/// <summary>A semaphore of one permit.</summary>
internal sealed class SemaphoreSurvivor(IpcDirectory directory, bool isVictim) : Survivor(directory)
{
    private readonly SharedSemaphore _semaphore = isVictim
        ? SharedSemaphore.Open("semaphore", directory)
        : SharedSemaphore.Create(1, name: "semaphore", directory: directory);

    public override void Survive(KillMoment moment)
    {
        bool isThrough;
        do
        {
            bool wasDead = moment.IsDead;
            long started = Stopwatch.GetTimestamp();
            _semaphore.Enter(Deadline.Never);
            isThrough = moment.Got(started, wasDead);
            Require(_semaphore is { Count: 0, HeldHere: 1 }, "there are more permits than one");
            _semaphore.Exit();
        }
        while (!isThrough);
    }

    public override void Check()
    {
        Require(_semaphore.Enter(Deadline.Now), "the permit is lost");
        Require(!_semaphore.Enter(Deadline.Now), "there is a permit more");
        _semaphore.Exit();
    }

    public override void Suffer(Random random)
    {
        _semaphore.Enter(Deadline.Never);
        Stay(random);
        _semaphore.Exit();
    }

    public override void Dispose() => _semaphore.Dispose();
}
