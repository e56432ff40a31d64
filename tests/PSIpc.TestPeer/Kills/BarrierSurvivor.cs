using System.Diagnostics;
using PSIpc.Core;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.TestPeer.Kills;

/// <summary>A barrier of two, a new one for each victim, which breaks it.</summary>
internal sealed class BarrierSurvivor(IpcDirectory directory) : Survivor(directory)
{
    private SharedBarrier? _barrier;

    public override void Begin() => _barrier = SharedBarrier.Create(2, "barrier", directory: Directory);

    public override void Survive(KillMoment moment)
    {
        while (true)
        {
            long started = Stopwatch.GetTimestamp();
            try
            {
                _barrier!.Wait(Deadline.Never);
                moment.Got(started, wasDead: false);
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.PeerGone)
            {
                moment.Got(started, wasDead: true);
                return;
            }
        }
    }

    public override void Check()
    {
        Require(_barrier!.IsBroken, "it is not broken");
        try
        {
            _barrier.Wait(Deadline.Never);
            Require(false, "a broken one lets go on");
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.PeerGone)
        {
            _barrier.Remove();
            _barrier.Dispose();
        }
    }

    public override void Suffer(Random random)
    {
        _barrier ??= SharedBarrier.Open("barrier", Directory);
        _barrier.Wait(Deadline.Never);
        Stay(random);
    }

    public override void Dispose() => _barrier?.Dispose();
}
