using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;

namespace PSIpc.TestPeer;

/// <summary>Opens, makes, leaves and removes queues of a few names as fast as it can, and fails when it is in one that nobody else can find.</summary>
internal static class NameRace
{
    public static void Run(int names, int milliseconds, int removePercent)
    {
        var random = new Random(Environment.ProcessId);
        Console.Out.Write("ready");
        Console.Out.Flush();
        long end = Environment.TickCount64 + milliseconds;
        while (Environment.TickCount64 < end)
        {
            string name = $"race-{random.Next(names)}";
            using SharedQueue? queue = OpenOrCreate(name);
            if (queue is null)
            {
                continue;
            }

            Guid? named = IdOf(name);
            if (named != queue.Id && !queue.IsRemoved)
            {
                throw new InvalidDataException($"'{name}' is open here as {queue.Id}, but its file is {named}.");
            }

            if (random.Next(100) < removePercent)
            {
                queue.Remove();
            }
        }
    }

    private static SharedQueue? OpenOrCreate(string name)
    {
        try
        {
            return SharedQueue.TryOpen(name) ?? SharedQueue.Create(name, 4096);
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.AlreadyExists)
        {
            return null;
        }
    }

    /// <summary>The id in the file that has a name now.</summary>
    private static Guid? IdOf(string name) => SharedObjectInfo.TryRead(
        IpcDirectory.Default, IpcDirectory.Default.PathOf(ObjectKind.Queue, name), ObjectKind.Queue, name)?.Id;
}
