namespace PSIpc.Core.Pools;

/// <summary>A call that has not ended, or was canceled and still has running items.</summary>
/// <param name="Call">The call.</param>
/// <param name="Workers">Workers that run an item of it.</param>
internal readonly record struct CallInfo(PoolCall Call, int Workers);
