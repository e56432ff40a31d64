using PSIpc.Core.Channels;
using PSIpc.Core.Pools.Far;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests.Pools;

/// <summary>Mailboxes that are queues of this machine; each end has its own, and can be cut off, be brought everything twice, or some of it behind what was sent later.</summary>
internal sealed class LocalMail(TestFolder folder) : IMailExchange
{
    /// <summary>While it is set, what this end sends goes nowhere and nothing reaches it.</summary>
    public volatile bool IsCut;

    /// <summary>Whether what this end sends is brought twice.</summary>
    public bool Doubles { get; init; }

    /// <summary>Whether every third message that this end sends comes behind the next.</summary>
    public bool Reorders { get; init; }

    public IMessageSender OpenSender(string mailbox) => new Sender(this, Open(mailbox));

    public IMessageReceiver OpenReceiver(string mailbox) => new Receiver(this, Open(mailbox));

    public long Count(string mailbox, CancellationToken cancellation)
    {
        using SharedQueue queue = Open(mailbox);
        return queue.Count;
    }

    public void Remove(string mailbox)
    {
        SharedQueue? queue = SharedQueue.TryOpen(mailbox, folder.Directory);
        queue?.Remove();
        queue?.Dispose();
    }

    public void Dispose()
    {
    }

    private SharedQueue Open(string mailbox)
    {
        while (true)
        {
            if (SharedQueue.TryOpen(mailbox, folder.Directory) is { } there)
            {
                return there;
            }

            try
            {
                return SharedQueue.Create(mailbox, persistent: true, directory: folder.Directory);
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.AlreadyExists)
            {
                // Somebody was quicker.
            }
        }
    }

    private sealed class Sender(LocalMail mail, SharedQueue queue) : IMessageSender
    {
        private byte[]? _held;
        private int _count;

        public string Name => queue.Name;

        public bool IsClosed => queue.IsClosed;

        public MessageFormat DefaultFormat => default;

        public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default)
        {
            if (mail.Reorders && ++_count % 3 == 0)
            {
                _held = body.ToArray();
                return true;
            }

            for (int i = 0; i < (mail.Doubles ? 2 : 1) && !mail.IsCut; i++)
            {
                queue.Send(body, stamp, deadline, cancellation);
            }

            if (_held is { } late && !mail.IsCut)
            {
                _held = null;
                queue.Send(late, stamp, deadline, cancellation);
            }

            return true;
        }

        public int SendMany(ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default) => throw new NotSupportedException();

        public void Close(CancellationToken cancellation = default) => queue.Close(cancellation);

        public void Dispose() => queue.Dispose();
    }

    private sealed class Receiver(LocalMail mail, SharedQueue queue) : IMessageReceiver
    {
        public string Name => queue.Name;

        public bool IsClosed => queue.IsClosed;

        public MessageFormat DefaultFormat => default;

        public long Count => queue.Count;

        public bool Receive(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default)
        {
            while (queue.Receive(message, deadline, cancellation))
            {
                if (!mail.IsCut)
                {
                    return true;
                }
            }

            return false;
        }

        public bool Peek(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) => throw new NotSupportedException();

        public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation = default) => throw new NotSupportedException();

        public void Close(CancellationToken cancellation = default) => queue.Close(cancellation);

        public void Dispose() => queue.Dispose();
    }
}
