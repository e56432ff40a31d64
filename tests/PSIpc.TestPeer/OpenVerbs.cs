using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Memory;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.TestPeer;

/// <summary>Opens objects that exist, or makes them, beside others that do the same.</summary>
internal static class OpenVerbs
{
    /// <summary>Opens or makes an object for each round, together with the other participants of a barrier; reports the identity of each, and keeps all until it is told to end.</summary>
    public static void Together(string kind, string barrierName, int rounds, Stream output)
    {
        using SharedBarrier barrier = SharedBarrier.Open(barrierName);
        var kept = new List<IDisposable>();
        for (int i = 0; i < rounds; i++)
        {
            barrier.Wait(Deadline.Never);
            kept.Add(Open(kind, $"{kind}-{i}", out Guid id));
            output.Write(id.ToByteArray());
        }

        Console.In.ReadLine();
        kept.ForEach(o => o.Dispose());
    }

    /// <summary>Opens or makes an object, uses it and leaves it, until it is told to end; fails when it gets one that does not work.</summary>
    public static void Churn(string kind, Stream output)
    {
        Task<string?> end = Task.Run(Console.In.ReadLine);
        byte[] round = [1];
        while (!end.IsCompleted)
        {
            Open(kind, "churned", out _).Dispose();
            output.Write(round);
        }
    }

    private static IDisposable Open(string kind, string name, out Guid id)
    {
        switch (kind)
        {
            case "queue":
                SharedQueue queue = SharedQueue.Create(name, 4096, openExisting: true);
                queue.Send("x"u8, default, Deadline.Now);
                id = queue.Id;
                return queue;
            case "memory":
                SharedBlock block = SharedBlock.Create(
                    ObjectKind.Memory, new BlockLayout(ElementType.None, 1, [4096]), name, openExisting: true, fill: static b => b.AsSpan(0, 4096).Fill(7));
                id = block.Id;
                return block.AsReadOnlySpan(0, 4096).ContainsAnyExcept((byte)7) ? throw new InvalidDataException("It was opened before it was filled.") : block;
            default:
                SharedLock shared = SharedLock.Create(name, openExisting: true);
                id = shared.Id;
                if (shared.Enter(Deadline.After(TimeSpan.FromSeconds(30))))
                {
                    shared.Exit();
                }

                return shared;
        }
    }
}
