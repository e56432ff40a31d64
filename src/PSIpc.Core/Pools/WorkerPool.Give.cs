using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PSIpc.Core.Pools;

/// <summary>Giving items to workers, and taking them back. All under the pool's lock.</summary>
internal sealed partial class WorkerPool
{
    /// <summary>Bytes above which a worker gets items only when it has none: they go through a file of their own.</summary>
    private const int LargeBytes = 256 << 10;

    /// <summary>Definitions that a worker is believed to have; it keeps many times as many.</summary>
    private const int MaxKnownDefinitions = 64;

    /// <summary>A worker that has ended no item for so long, in ticks of Stopwatch, loses what it has not begun to one that has nothing to do.</summary>
    private static readonly long StealAfter = Stopwatch.Frequency / 250;

    private static readonly int ItemsHeaderSize = ItemsHeader.Size;

    private int _turn;

    /// <summary>Gives what waits to workers that can take it, a chunk at a time, the calls in turn.</summary>
    private void Give()
    {
        GiveOwedEnds();
        bool gave = _calls.Count > 0;
        while (gave && CanAnyTakeMore())
        {
            gave = false;
            for (int i = 0; i < _calls.Count && CanAnyTakeMore(); i++)
            {
                PoolCall call = _calls[(_turn + i) % _calls.Count];
                gave |= call.HasWaiting && WorkerFor(call) is { } worker && TryGive(worker, call);
            }

            _turn = _calls.Count == 0 ? 0 : (_turn + 1) % _calls.Count;
        }

        bool canStart = CanStartMore;
        foreach (PoolCall call in _streams)
        {
            call.SetHungry(!call.HasWaiting && (canStart || WorkerFor(call) is not null));
        }
    }

    /// <summary>Whether there is a worker that any call could give items to.</summary>
    private bool CanAnyTakeMore()
    {
        foreach (PoolWorker worker in _workers)
        {
            if (CanTake(worker) && (worker.Outstanding == 0 || worker.Given.Peek().Call.Chunks.AllowsMore(worker.Outstanding)))
            {
                return true;
            }
        }

        return false;
    }

    private bool CanTake(PoolWorker worker) =>
        worker.IsReady && worker.KillAt == 0 && (Options.MaxTasksPerWorker == 0 || worker.Served < Options.MaxTasksPerWorker);

    /// <summary>The worker that should have the next items of a call: one without any, else the one that has least; null when none can take more.</summary>
    private PoolWorker? WorkerFor(PoolCall call)
    {
        PoolWorker? best = null;
        int limit = call.ThrottleLimit;
        bool isLimited = limit > 0 && limit < _workers.Count;
        int serving = isLimited ? _workers.Count(w => IsServing(w, call)) : 0;
        foreach (PoolWorker worker in _workers)
        {
            if (CanTake(worker)
                && (worker.Outstanding == 0 || (call.Chunks.AllowsMore(worker.Outstanding) && call.Options.ChunkSize == 0))
                && (!isLimited || serving < limit || IsServing(worker, call))
                && (best is null || IsBetter(worker, best, isLimited ? call : null)))
            {
                best = worker;
            }
        }

        return best;
    }

    /// <summary>Whether a worker is a better choice than another: not suspect, with fewer items, and, for a call that is limited to a few workers, one that already has its setup.</summary>
    private static bool IsBetter(PoolWorker worker, PoolWorker than, PoolCall? limited)
    {
        if (worker.IsSuspect != than.IsSuspect)
        {
            return than.IsSuspect;
        }

        return worker.Outstanding != than.Outstanding
            ? worker.Outstanding < than.Outstanding
            : limited is not null && worker.OpenCalls.Contains(limited.Number) && !than.OpenCalls.Contains(limited.Number);
    }

    private static bool IsServing(PoolWorker worker, PoolCall call)
    {
        foreach (GivenItems given in worker.Given)
        {
            if (given.Call == call)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryGive(PoolWorker worker, PoolCall call)
    {
        int most = call.Options.ChunkSize > 0 ? call.Options.ChunkSize
            : call.Chunks.Next(call.Waiting, Math.Min(ReadyWorkers, call.ThrottleLimit > 0 ? call.ThrottleLimit : int.MaxValue));
        if (Options.MaxTasksPerWorker > 0)
        {
            most = (int)Math.Min(most, Options.MaxTasksPerWorker - worker.Served);
        }

        if (call.Peek(most) is not { } items)
        {
            return false;
        }

        while (items.Count > 1 && items.Block.Bytes(items.First, items.Count).Length > LargeBytes)
        {
            items = items.Take(items.Count / 2);
        }

        try
        {
            if ((worker.Outstanding > 0 && items.Block.Bytes(items.First, items.Count).Length > LargeBytes) || !TryTell(worker, call) || !TrySend(worker, call, items))
            {
                return false;
            }
        }
        catch (Exception e) when (e is IpcException or IOException or OutOfMemoryException)
        {
            // No room for them in the folder of shared objects, or the worker's ring is damaged: a damaged worker would fail them all.
            call.Remove(items.Count);
            Refuse(call, items, e);
            if (e is IpcException { Kind: IpcErrorKind.CorruptData })
            {
                worker.Kill();
                worker.KillAt = 1;
            }

            return true;
        }

        call.Remove(items.Count);
        worker.Give(call, items, Stopwatch.GetTimestamp());
        return true;
    }

    /// <summary>Items that cannot be given to any worker fail with the reason.</summary>
    private void Refuse(PoolCall call, ItemRange items, Exception reason)
    {
        for (int i = 0; i < items.Count; i++)
        {
            Deliver(call, new ResultSegment(default, ResultFlags.Done | ResultFlags.Failed, items.Block, items.First + i, 0, 0, 0, null) { Refusal = reason });
        }
    }

    /// <summary>Tells a worker of a call if it does not know it, and before of those that are over.</summary>
    private static bool TryTell(PoolWorker worker, PoolCall call)
    {
        if (worker.OpenCalls.Contains(call.Number))
        {
            return true;
        }

        return TryTellOfEnds(worker) && TryDefine(worker, call) && TryOpen(worker.Link!, call.Number, call.Setup.Span, call.HoldsSecrets) && worker.OpenCalls.Add(call.Number);
    }

    /// <summary>Sends what a call's script names to a worker that does not have it.</summary>
    private static bool TryDefine(PoolWorker worker, PoolCall call)
    {
        Guid key = call.Options.DefinitionsKey;
        if (key == Guid.Empty || worker.Definitions.Contains(key))
        {
            return true;
        }

        ReadOnlySpan<byte> definitions = call.Options.Definitions.Span;
        byte[] message = ArrayPool<byte>.Shared.Rent(PoolMessage.DefineHeaderSize + definitions.Length);
        PoolMessage.WriteShort(message, (byte)PoolRequest.Define, 0);
        key.TryWriteBytes(message.AsSpan(PoolMessage.ShortHeaderSize));
        definitions.CopyTo(message.AsSpan(PoolMessage.DefineHeaderSize));
        bool sent = worker.Link!.TryGive(message.AsSpan(0, PoolMessage.DefineHeaderSize + definitions.Length));
        ArrayPool<byte>.Shared.Return(message);
        if (sent)
        {
            if (worker.Definitions.Count >= MaxKnownDefinitions)
            {
                worker.Definitions.Clear(); // It keeps more than that, the newest.
            }

            worker.Definitions.Add(key);
        }

        return sent;
    }

    private static bool TryTellOfEnds(PoolWorker worker)
    {
        Span<byte> head = stackalloc byte[PoolMessage.ShortHeaderSize];
        while (worker.EndedCalls.Count > 0 && !worker.HasExited)
        {
            PoolMessage.WriteShort(head, (byte)PoolRequest.Forget, worker.EndedCalls[^1]);
            if (!worker.Link!.TryGive(head))
            {
                return false;
            }

            worker.EndedCalls.RemoveAt(worker.EndedCalls.Count - 1);
        }

        return true;
    }

    /// <summary>Sends what items of a call are run with.</summary>
    private static bool TryOpen(WorkerLink link, uint call, ReadOnlySpan<byte> setup, bool holdsSecrets = false)
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(PoolMessage.ShortHeaderSize + setup.Length);
        PoolMessage.WriteShort(message, (byte)PoolRequest.Open, call);
        setup.CopyTo(message.AsSpan(PoolMessage.ShortHeaderSize));
        bool sent = link.TryGive(message.AsSpan(0, PoolMessage.ShortHeaderSize + setup.Length), holdsSecrets);
        ArrayPool<byte>.Shared.Return(message, clearArray: holdsSecrets);
        return sent;
    }

    private static bool TrySend(PoolWorker worker, PoolCall call, ItemRange? items)
    {
        ReadOnlySpan<int> ends = items is { } range ? range.Block.Ends(range.First, range.Count) : default;
        ReadOnlySpan<byte> bytes = items is { } same ? same.Block.Bytes(same.First, same.Count) : default;
        int length = ItemsHeaderSize + (ends.Length * sizeof(int)) + bytes.Length;
        byte[] message = ArrayPool<byte>.Shared.Rent(length);
        var header = new ItemsHeader
        {
            Request = items is null ? PoolRequest.End : PoolRequest.Items,
            Call = call.Number,
            Epoch = worker.Epoch,
            Count = items?.Count ?? 1,
            FirstOrdinal = worker.NextOrdinal,
            Start = items is { } first ? first.Block.StartOf(first.First) : 0,
        };
        MemoryMarshal.Write(message, in header);
        MemoryMarshal.AsBytes(ends).CopyTo(message.AsSpan(ItemsHeaderSize));
        bytes.CopyTo(message.AsSpan(ItemsHeaderSize + (ends.Length * sizeof(int))));
        bool sent = worker.Link!.TryGive(message.AsSpan(0, length), call.HoldsSecrets);
        ArrayPool<byte>.Shared.Return(message, clearArray: call.HoldsSecrets);
        return sent;
    }

    /// <summary>When a worker stands idle, takes back what another has not begun and has kept for long; whether that may be worth a look soon.</summary>
    private bool Steal(long now, out bool took)
    {
        took = false;
        bool hasIdle = false;
        bool hasMore = false;
        foreach (PoolWorker worker in _workers)
        {
            hasIdle |= worker.IsReady && worker.Outstanding == 0;
            hasMore |= worker.NotBegun > 0;
        }

        if (!hasIdle || !hasMore)
        {
            return false;
        }

        bool lookAgain = false;
        foreach (PoolWorker worker in _workers)
        {
            if (worker.State is WorkerState.Gone or WorkerState.Starting || worker.NotBegun == 0 || !worker.Given.Any(g => g.Items is not null && !g.Call.IsOver && WorkerFor(g.Call) is { Outstanding: 0 }))
            {
                continue;
            }

            if (now - worker.LastProgress > StealAfter)
            {
                PutBack(worker, worker.TakeBack());
                worker.IsSuspect = true;
                took = true;
            }
            else
            {
                lookAgain = true;
            }
        }

        return lookAgain;
    }

    /// <summary>Gives what was taken back from a worker back to its calls; ends of calls are given to the worker again.</summary>
    private static void PutBack(PoolWorker worker, List<GivenItems> taken)
    {
        for (int i = taken.Count - 1; i >= 0; i--)
        {
            if (taken[i].Items is { } items && !taken[i].Call.IsOver)
            {
                taken[i].Call.PutBack(items);
            }
        }

        foreach (GivenItems end in taken)
        {
            if (end.Items is null && !end.Call.IsOver)
            {
                worker.EndsOwed.Add(end.Call);
            }
        }
    }

    /// <summary>Has workers run what comes at the end of calls, as far as their rings have room; a worker that is gone runs nothing.</summary>
    private void GiveOwedEnds()
    {
        foreach (PoolWorker worker in _workers)
        {
            while (worker.EndsOwed.Count > 0 && !worker.HasExited)
            {
                PoolCall call = worker.EndsOwed[^1];
                if (!call.IsOver && !TrySend(worker, call, null))
                {
                    break;
                }

                worker.EndsOwed.RemoveAt(worker.EndsOwed.Count - 1);
                if (!call.IsOver)
                {
                    worker.Give(call, null, Stopwatch.GetTimestamp());
                }
            }
        }
    }

    /// <summary>Gives a call up: what has not been begun is taken back, what runs is stopped, and workers that do not stop are killed after a grace.</summary>
    private void CancelNow(PoolCall call, TimeSpan grace, bool keepsDone)
    {
        if (!call.IsOver)
        {
            call.End(cancelled: true, keepsDone: keepsDone);
            StopItems(call, grace);
            Retire(call);
        }
    }

    /// <summary>Stops what workers do for a call that is over.</summary>
    private void StopItems(PoolCall call, TimeSpan grace)
    {
        long killAt = Stopwatch.GetTimestamp() + (long)(Math.Max(0, grace.TotalSeconds) * Stopwatch.Frequency);
        foreach (PoolWorker worker in _workers)
        {
            if (worker.Link is null || worker.State == WorkerState.Gone || !IsServing(worker, call))
            {
                continue;
            }

            PutBack(worker, worker.TakeBack());
            if (worker.Running is > 0 and var running && worker.TryFind(running, out GivenItems given) && given.Call == call)
            {
                worker.KillAt = Math.Max(1, killAt);
                worker.KillOrdinal = running;
                worker.Link.RequestStop(call.Number);
            }
        }
    }
}
