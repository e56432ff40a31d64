using System.Diagnostics;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.TestPeer.Kills;

/// <summary>An event that victims set and reset: whoever sets it afterwards, and waits for it, comes through.</summary>
internal sealed class EventSurvivor(IpcDirectory directory, bool isVictim, bool isAutomatic) : Survivor(directory)
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly SharedEvent _event = Make(directory, isVictim, isAutomatic);

    public override void Survive(KillMoment moment)
    {
        bool isThrough;
        do
        {
            bool wasDead = moment.IsDead;
            long started = Stopwatch.GetTimestamp();
            while (!_event.Wait(Deadline.After(Moment)))
            {
                _event.Set();
            }

            isThrough = moment.Got(started, wasDead);
            if (!isAutomatic)
            {
                _event.Reset();
            }
        }
        while (!isThrough);
    }

    public override void Check()
    {
        _event.Set();
        Require(_event.Wait(Deadline.Now), "it was set, and is not");
        Require(_event.Wait(Deadline.Now) != isAutomatic, "it does not reset itself as it should");
        _event.Reset();
        Require(!_event.Wait(Deadline.Now), "it was reset, and is set");
    }

    public override void Suffer(Random random)
    {
        _event.Set();
        _event.Wait(Deadline.Now);
        _event.Reset();
    }

    public override void Dispose() => _event.Dispose();

    private static SharedEvent Make(IpcDirectory directory, bool isVictim, bool isAutomatic)
    {
        string name = isAutomatic ? "automatic-event" : "event";
        return isVictim ? SharedEvent.Open(name, directory) : SharedEvent.Create(name, isAutomatic, directory: directory);
    }
}
