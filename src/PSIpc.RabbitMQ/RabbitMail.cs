using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Pools.Far;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>Mailboxes of pools on a server: queues that outlive a restart of the server and the loss of one of its nodes, and go when nobody has used them for some minutes.</summary>
internal sealed class RabbitMail(RabbitServer server) : IMailExchange
{
    private static readonly TimeSpan UnusedTime = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public IMessageSender OpenSender(string mailbox)
    {
        Declare(mailbox);
        return new Sender(mailbox, new Publisher(server, mailbox, exchange: "", routingKey: mailbox, isMandatory: true, isBounded: false));
    }

    /// <inheritdoc/>
    public IMessageReceiver OpenReceiver(string mailbox)
    {
        Declare(mailbox);
        return new Receiver(server, mailbox, new Inbox(server, mailbox, mailbox, isOwn: false, confirms: false));
    }

    /// <inheritdoc/>
    public long Count(string mailbox, CancellationToken cancellation) => Declare(mailbox, cancellation).MessageCount;

    /// <inheritdoc/>
    public void Remove(string mailbox) => server.Ask(
        mailbox, default, async channel => await channel.QueueDeleteAsync(mailbox, ifUnused: false, ifEmpty: false).ConfigureAwait(false));

    /// <inheritdoc/>
    public void Dispose()
    {
        // The connection is the session's.
    }

    private QueueDeclareOk Declare(string mailbox, CancellationToken cancellation = default) => server.Ask(mailbox, cancellation, async channel =>
    {
        Dictionary<string, object?> arguments = RabbitServer.QueueArguments();
        arguments["x-expires"] = (int)UnusedTime.TotalMilliseconds;
        return await channel.QueueDeclareAsync(mailbox, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellation).ConfigureAwait(false);
    });

    private static IpcException NotSupported(string mailbox) =>
        new(IpcErrorKind.NotSupported, Messages.MailboxOneByOne.With(mailbox), mailbox);

    private sealed class Sender(string mailbox, Publisher publisher) : IMessageSender
    {
        public string Name => mailbox;

        public bool IsClosed => publisher.IsClosed;

        public MessageFormat DefaultFormat => default;

        public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default) =>
            publisher.Send(body, stamp, deadline, cancellation);

        public int SendMany(ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default) =>
            publisher.SendMany(bodies, lengths, stamp, deadline, cancellation);

        public void Close(CancellationToken cancellation = default) => throw NotSupported(mailbox);

        public void Dispose() => publisher.Dispose();
    }

    private sealed class Receiver(RabbitServer server, string mailbox, Inbox inbox) : IMessageReceiver
    {
        public string Name => mailbox;

        public bool IsClosed => inbox.IsClosed;

        public MessageFormat DefaultFormat => default;

        public long Count => throw NotSupported(mailbox);

        public bool Receive(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default)
        {
            try
            {
                return inbox.Receive(message, deadline, cancellation);
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.PeerGone && deadline.IsOver && !server.IsDisposed)
            {
                return false; // The connection is being made again: there is nothing yet.
            }
        }

        public bool Peek(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) => throw NotSupported(mailbox);

        public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation = default) => inbox.ReceiveMany(batch, deadline, cancellation);

        public void Close(CancellationToken cancellation = default) => throw NotSupported(mailbox);

        public void Dispose() => inbox.Dispose();
    }
}
