using System.Buffers.Binary;
using System.Diagnostics;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;
using PSIpc.TestPeer;

namespace PSIpc.Core.Tests.Pools;

/// <summary>A pool of byte workers in a folder of its own, and what a test does to it.</summary>
internal sealed class PoolHarness : IDisposable
{
    public PoolHarness(int workers = 2, WorkerPoolOptions? options = null)
    {
        Launcher = new PeerLauncher(Folder);
        Pool = WorkerPool.Create(
            (options ?? new WorkerPoolOptions { Name = "p", WorkerCount = workers }) with { Directory = Folder.Directory },
            Launcher);
    }

    public TestFolder Folder { get; } = new();

    public PeerLauncher Launcher { get; }

    public WorkerPool Pool { get; }

    public static byte[] Item(byte verb, int number = 0)
    {
        byte[] item = new byte[5];
        item[0] = verb;
        BinaryPrimitives.WriteInt32LittleEndian(item.AsSpan(1), number);
        return item;
    }

    public static int NumberOf(in ResultSegment segment) => BinaryPrimitives.ReadInt32LittleEndian(segment.Input.Span[1..]);

    /// <summary>Adds items and takes all results.</summary>
    public List<ResultSegment> Run(IEnumerable<byte[]> items, CallOptions? options = null, byte[]? setup = null)
    {
        PoolCall call = Pool.Open(options ?? new CallOptions(), setup ?? []);
        List<ResultSegment> results = [];
        foreach (byte[] item in items)
        {
            while (!call.HasRoom)
            {
                call.WaitForRoom(Deadline.Never, default);
                call.TryTake(results, int.MaxValue);
            }

            call.Add(item);
            call.TryTake(results, int.MaxValue);
        }

        call.EndInput();
        Finish(call, results);
        return results;
    }

    public static void Finish(PoolCall call, List<ResultSegment> results)
    {
        while (true)
        {
            Assert.True(call.WaitForResults(Deadline.After(TestFolder.Long), default), "the call hangs");
            if (!call.TryTake(results, int.MaxValue) && call.IsOver)
            {
                return;
            }
        }
    }

    /// <summary>Items that come back as they are, numbered from 0.</summary>
    public static IEnumerable<byte[]> Echoes(int count) => Enumerable.Range(0, count).Select(i => Item(PoolVerbs.Echo, i));

    /// <summary>Seconds in ticks of Stopwatch.</summary>
    public static long Ticks(double seconds) => (long)(seconds * Stopwatch.Frequency);

    /// <summary>Waits for workers to be ready and returns their process ids.</summary>
    public int[] WaitForWorkers(int count)
    {
        Assert.True(SpinWait.SpinUntil(() => Pool.Workers.Count(w => w.State == WorkerState.Ready) >= count, TestFolder.Long), "workers do not start");
        return [.. Pool.Workers.Select(w => w.ProcessId)];
    }

    public void Dispose()
    {
        Pool.Dispose();
        Assert.True(Pool.WaitUntilGone(Deadline.After(TestFolder.Long), default), "workers stay");
        Folder.Dispose();
    }
}
