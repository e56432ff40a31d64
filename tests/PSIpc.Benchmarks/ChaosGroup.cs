using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics;

namespace PSIpc.Benchmarks;

/// <summary>What is known of the messages of one object in the chaos run: which were sent, and which arrived. Any thread may report.</summary>
internal sealed class ChaosGroup(string name)
{
    private readonly object _gate = new();
    private readonly Dictionary<int, BitArray> _arrived = [];
    private readonly Dictionary<int, int> _sent = [];
    private long _lastProgress = Stopwatch.GetTimestamp();

    public string Name { get; } = name;

    public long Sent { get; private set; }

    public long Received { get; private set; }

    public long Doubled { get; private set; }

    public long Redelivered { get; private set; }

    public TimeSpan LongestStall { get; private set; }

    /// <summary>The time since a message arrived.</summary>
    public TimeSpan SinceProgress
    {
        get
        {
            lock (_gate)
            {
                return Stopwatch.GetElapsedTime(_lastProgress);
            }
        }
    }

    /// <summary>A sender says that a message was sent: they come in order.</summary>
    public void NoteSent(int sender, int index)
    {
        lock (_gate)
        {
            _sent[sender] = index + 1;
            Sent++;
        }
    }

    /// <summary>A message arrived.</summary>
    public void NoteArrived(int sender, int index, bool redelivered)
    {
        lock (_gate)
        {
            BitArray? arrived = _arrived.GetValueOrDefault(sender);
            if (arrived is null)
            {
                _arrived[sender] = arrived = new BitArray(1024);
            }

            if (index >= arrived.Length)
            {
                arrived.Length = Math.Max(index + 1, arrived.Length * 2);
            }

            Doubled += arrived[index] ? 1 : 0;
            arrived[index] = true;
            Received++;
            Redelivered += redelivered ? 1 : 0;
            TimeSpan stall = Stopwatch.GetElapsedTime(_lastProgress);
            LongestStall = stall > LongestStall ? stall : LongestStall;
            _lastProgress = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Messages that were sent and did not arrive.</summary>
    public long Missing()
    {
        lock (_gate)
        {
            long missing = 0;
            foreach ((int sender, int count) in _sent)
            {
                BitArray? arrived = _arrived.GetValueOrDefault(sender);
                for (int i = 0; i < count; i++)
                {
                    missing += arrived is null || i >= arrived.Length || !arrived[i] ? 1 : 0;
                }
            }

            return missing;
        }
    }

    /// <summary>Reads what a process reports until it is gone: indexes of a sender, or ids and indexes of a receiver.</summary>
    public void ReadReports(Process process, int? sender, Action noteOutput)
    {
        Span<byte> record = stackalloc byte[sender is null ? 8 : 4];
        using var stream = new BufferedStream(process.StandardOutput.BaseStream, 1 << 16);
        while (stream.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) == record.Length)
        {
            noteOutput();
            int first = BinaryPrimitives.ReadInt32LittleEndian(record);
            if (sender is { } id)
            {
                NoteSent(id, first);
            }
            else
            {
                int second = BinaryPrimitives.ReadInt32LittleEndian(record[4..]);
                NoteArrived(first, second & ~WorkerPeer.RedeliveredBit, (second & WorkerPeer.RedeliveredBit) != 0);
            }
        }
    }
}
