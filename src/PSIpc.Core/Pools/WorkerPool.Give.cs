using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PSIpc.Core.Pools;

/// <summary>Giving items to workers, and taking them back. All under the pool's lock.</summary>
internal sealed partial class WorkerPool
{
    /// <summary>Bytes above which a worker gets items only when it has none: they go through a file of their own.</summary>
    private const int LargeBytes = 256 << 10;

    /// <summary>A worker that has ended no item for so long, in ticks of Stopwatch, loses what it has not begun to one that has nothing to do.</summary>
    private static readonly long StealAfter = Stopwatch.Frequency / 250;

    private static readonly int ItemsHeaderSize = ItemsHeader.Size;

    private int _turn;

    /// <summary>Gives what waits to workers that can take it, a chunk at a time, the calls in turn.</summary>
    private void Give()
    {
        bool gave = true;
        while (gave && _calls.Count > 0)
        {
            gave = false;
            for (int i = 0; i < _calls.Count; i++)
            {
                PoolCall call = _calls[(_turn + i) % _calls.Count];
                gave |= call.HasWaiting && !call.IsHeldBack && WorkerFor(call) is { } worker && TryGive(worker, call);
            }

            _turn = (_turn + 1) % _calls.Count;
        }

        foreach (PoolCall call in _calls)
        {
            call.SetHungry(!call.HasWaiting && WorkerFor(call) is not null);
        }
    }

    /// <summary>The worker that should have the next items of a call: one without any, else the one that has least; null when none can take more.</summary>
    private PoolWorker? WorkerFor(PoolCall call)
    {
        PoolWorker? best = null;
        int limit = call.Options.ThrottleLimit;
        bool isLimited = limit > 0 && limit < _workers.Count;
        int serving = isLimited ? _workers.Count(w => IsServing(w, call)) : 0;
        foreach (PoolWorker worker in _workers)
        {
            if (worker.IsReady
                && worker.KillAt == 0
                && (worker.Outstanding == 0 || (call.Chunks.AllowsMore(worker.Outstanding) && call.Options.ChunkSize == 0))
                && (Options.MaxTasksPerWorker == 0 || worker.Served < Options.MaxTasksPerWorker)
                && (!isLimited || serving < limit || IsServing(worker, call))
                && (best is null || worker.Outstanding < best.Outstanding))
            {
                best = worker;
            }
        }

        return best;
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
            : call.Chunks.Next(call.Waiting, Math.Min(ReadyWorkers, call.Options.ThrottleLimit > 0 ? call.Options.ThrottleLimit : int.MaxValue));
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

        if ((worker.Outstanding > 0 && items.Block.Bytes(items.First, items.Count).Length > LargeBytes) || !TryTell(worker, call) || !TrySend(worker, call, items))
        {
            return false;
        }

        call.Remove(items.Count);
        worker.Give(call, items, Stopwatch.GetTimestamp());
        return true;
    }

    /// <summary>Tells a worker of a call if it does not know it, and before of those that are over.</summary>
    private static bool TryTell(PoolWorker worker, PoolCall call)
    {
        if (worker.OpenCalls.Contains(call.Number))
        {
            return true;
        }

        return TryTellOfEnds(worker) && TryOpen(worker.Link!, call.Number, call.Setup.Span) && worker.OpenCalls.Add(call.Number);
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
    private static bool TryOpen(WorkerLink link, uint call, ReadOnlySpan<byte> setup)
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(PoolMessage.ShortHeaderSize + setup.Length);
        PoolMessage.WriteShort(message, (byte)PoolRequest.Open, call);
        setup.CopyTo(message.AsSpan(PoolMessage.ShortHeaderSize));
        bool sent = link.TryGive(message.AsSpan(0, PoolMessage.ShortHeaderSize + setup.Length));
        ArrayPool<byte>.Shared.Return(message);
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
        bool sent = worker.Link!.TryGive(message.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(message);
        return sent;
    }

    /// <summary>When a worker stands idle, takes back what another has not begun and has kept for long; whether that may be worth a look soon.</summary>
    private bool Steal(long now)
    {
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

        foreach (GivenItems end in taken.Where(t => t.Items is null && !t.Call.IsOver))
        {
            GiveEnd(worker, end.Call);
        }
    }

    /// <summary>Has a worker run what comes at the end of a call.</summary>
    private static void GiveEnd(PoolWorker worker, PoolCall call)
    {
        if (worker.State is WorkerState.Ready or WorkerState.Retiring && !worker.HasExited && TrySend(worker, call, null))
        {
            worker.Give(call, null, Stopwatch.GetTimestamp());
        }
        else
        {
            EndOfCallDone(call);
        }
    }

    private void CancelNow(PoolCall call, TimeSpan grace)
    {
        if (call.IsOver)
        {
            return;
        }

        call.End(cancelled: true);
        long killAt = Stopwatch.GetTimestamp() + (long)(grace.TotalSeconds * Stopwatch.Frequency);
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

        Retire(call);
    }
}
