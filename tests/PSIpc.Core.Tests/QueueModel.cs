using PSIpc.Core.Channels;

namespace PSIpc.Core.Tests;

/// <summary>What a queue is according to docs/protocol.md ("Record ring", "Blocks"): a list of messages and the places that they take.</summary>
/// <remarks>A method that returns null says that a queue tells its caller that it is closed.</remarks>
internal sealed class QueueModel(int capacity, int maxCount)
{
    private const int HeaderSize = 16;

    // What stands in the ring for a message in a file of its own: a header and its length.
    private const int BlockRecordSize = 32;

    private readonly List<Message> _messages = [];
    private long _head;
    private long _tail;

    public bool IsClosed { get; set; }

    public int Count => _messages.Count;

    public int BlockCount => _messages.Count(m => m.BlockBytes > 0);

    public long Bytes => _tail - _head + BlockBytes;

    /// <summary>Messages that went, taken or dropped.</summary>
    public long Gone { get; private set; }

    private long BlockBytes => _messages.Sum(m => (long)m.BlockBytes);

    public Message this[int index] => _messages[index];

    public bool? Send(byte[] body, MessageStamp stamp)
    {
        if (IsClosed)
        {
            return null;
        }

        bool isBlock = IsBlock(body.Length);
        int size = isBlock ? BlockRecordSize : (HeaderSize + body.Length + HeaderSize - 1) / HeaderSize * HeaderSize;
        long toEnd = capacity - (_tail % capacity);
        long padding = size > toEnd ? toEnd : 0;
        bool hasBlockRoom = !isBlock || BlockBytes == 0 || BlockBytes + body.Length <= capacity;
        if (_tail - _head + padding + size > capacity || (maxCount > 0 && Count >= maxCount) || !hasBlockRoom)
        {
            return false;
        }

        _tail += padding + size;
        _messages.Add(new Message(body, stamp, _tail, isBlock ? body.Length : 0));
        return true;
    }

    /// <summary>How many are sent: those before the first one that there is no room for.</summary>
    public int? SendMany(byte[][] bodies, MessageStamp stamp)
    {
        if (IsClosed && bodies.Length > 0)
        {
            return null;
        }

        return bodies.TakeWhile(body => Send(body, stamp) == true).Count();
    }

    /// <summary>Whether there is a message to receive; what was sent before the end can still be received.</summary>
    public bool? CanReceive() => Count > 0 ? true : IsClosed ? null : false;

    /// <summary>How many messages are received together: one in a file of its own comes alone.</summary>
    public int CountTogether(int most) =>
        _messages[0].BlockBytes > 0 ? 1 : _messages.Take(most).TakeWhile(m => m.BlockBytes == 0).Count();

    public void Take(int count)
    {
        _head = count == 0 ? _head : _messages[count - 1].End;
        _messages.RemoveRange(0, count);
        Gone += count;
    }

    private bool IsBlock(int length) => length > (capacity / 2) - HeaderSize;

    internal readonly record struct Message(byte[] Body, MessageStamp Stamp, long End, int BlockBytes);
}
