using System.Management.Automation;
using System.Security.Cryptography;
using PSIpc.Core;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// The pools of those who name none: one for the session, and one more for each set of modules, functions and initialization script that a call
/// asks for, since what these do to a worker stays in it. Their workers start when there is work and go when there has been none for a while.
/// </summary>
internal static class DefaultPools
{
    /// <summary>Pools with a setup of their own that are kept; the one that was used least recently goes for another.</summary>
    private const int MostSetups = 3;

    private static readonly TimeSpan MaxEndTime = TimeSpan.FromSeconds(5);

    private static readonly object Gate = new();
    private static readonly Dictionary<string, (ProcessPool Pool, long Used)> Pools = [];
    private static long _uses;

    /// <summary>Begins a call on the pool for it; no other call closes that pool in between.</summary>
    /// <param name="caller">The cmdlet that asks.</param>
    /// <param name="setup">What the workers should have.</param>
    /// <param name="workers">The workers that are asked for; 0 for as many as the session's preference says.</param>
    /// <param name="begin">Begins it.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.OutOfMemory"/>, <see cref="IpcErrorKind.NotSupported"/>.</exception>
    public static ProcessPool Open(PSCmdlet caller, SessionSetup setup, int workers, Action<ProcessPool> begin)
    {
        PoolPreference preference = PoolPreference.Of(caller);
        int wanted = workers > 0 ? workers : preference.WorkerCount ?? PoolShare.Workers;
        byte[] bytes = PoolSetup.ToBytes(setup);
        string key = $"{preference.IdleTimeout} {(bytes.Length == 0 ? "" : Convert.ToHexString(SHA256.HashData(bytes)))}";
        lock (Gate)
        {
            if (!Pools.TryGetValue(key, out (ProcessPool Pool, long Used) found) || found.Pool.IsClosed)
            {
                MakeRoom();
                found.Pool = ProcessPool.Create(
                    new WorkerPoolOptions
                    {
                        Name = IpcName.MakeUnique("default"),
                        WorkerCount = wanted,
                        IsEager = false,
                        IdleTime = preference.IdleTimeout == TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : preference.IdleTimeout,
                        Setup = bytes,
                    },
                    isDefault: true);
            }

            Pools[key] = (found.Pool, ++_uses);
            found.Pool.Engine.Grow(wanted);
            begin(found.Pool);
            return found.Pool;
        }
    }

    /// <summary>Kills the workers of all of them, and waits until they are gone.</summary>
    public static void End()
    {
        ProcessPool[] pools;
        lock (Gate)
        {
            pools = [.. Pools.Values.Select(p => p.Pool)];
            Pools.Clear();
        }

        Array.ForEach(pools, p => p.Dispose());
        foreach (ProcessPool pool in pools)
        {
            pool.Engine.WaitUntilGone(Deadline.After(MaxEndTime), default);
        }
    }

    private static void MakeRoom()
    {
        foreach (string gone in Pools.Where(p => p.Value.Pool.IsClosed).Select(p => p.Key).ToArray())
        {
            Pools.Remove(gone);
        }

        // Those that have work stay; there may be more of them than are kept otherwise.
        foreach (KeyValuePair<string, (ProcessPool Pool, long Used)> oldest in Pools.OrderBy(p => p.Value.Used).ToArray())
        {
            if (Pools.Count <= MostSetups)
            {
                return;
            }

            if (!oldest.Value.Pool.Engine.HasCalls)
            {
                Pools.Remove(oldest.Key);
                oldest.Value.Pool.Engine.Close();
                oldest.Value.Pool.Forget();
            }
        }
    }
}

/// <summary>What the workers of a pool are told before they are ready.</summary>
internal static class PoolSetup
{
    /// <summary>The bytes of a setup; none for an empty one.</summary>
    public static byte[] ToBytes(SessionSetup setup) => setup.IsEmpty ? [] : MessageBuffer.BytesOf(setup.ToData());
}
