using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A pool's call that is ready when results can be taken, or it is over.</summary>
internal sealed class CallWaitable(PoolCall call) : IWaitable
{
    /// <summary>The same, and ready too when there is room for another item.</summary>
    public IWaitable OrRoom => new RoomWaitable(this, call);

    public bool IsReady(out WaitTarget target)
    {
        target = default;
        return call.HasReady || call.IsOver;
    }

    public void Attach(Action wake) => call.Changed += wake;

    public void Detach(Action wake) => call.Changed -= wake;

    // Room comes by results that are taken, which this thread does, so it needs no wake of its own.
    private sealed class RoomWaitable(CallWaitable results, PoolCall call) : IWaitable
    {
        public bool IsReady(out WaitTarget target) => results.IsReady(out target) || call.HasRoom;

        public void Attach(Action wake) => results.Attach(wake);

        public void Detach(Action wake) => results.Detach(wake);
    }
}
