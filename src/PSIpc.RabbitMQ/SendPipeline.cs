using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.RabbitMQ;

/// <summary>The messages of one caller that are under way.</summary>
internal sealed class SendPipeline(Publisher publisher) : ISendPipeline
{
    private readonly Queue<OutgoingMessage> _messages = new();
    private OutgoingMessage? _last;

    /// <inheritdoc/>
    public void Post(ReadOnlySpan<byte> body, MessageStamp stamp, object? tag, Deadline deadline, CancellationToken cancellation)
    {
        // Where the server may refuse, each message has its own time from when it is its turn.
        if (publisher.IsBounded && _last is not null)
        {
            publisher.WaitFor(_last, cancellation);
        }

        _last = publisher.Post(body, stamp, tag, deadline, cancellation);
        _messages.Enqueue(_last);
    }

    /// <inheritdoc/>
    public bool TryTake(bool wait, out SettledMessage settled, CancellationToken cancellation)
    {
        settled = default;
        if (!_messages.TryPeek(out OutgoingMessage? oldest))
        {
            return false;
        }

        if (wait)
        {
            try
            {
                publisher.WaitFor(oldest, cancellation);
            }
            catch (IpcException e)
            {
                // The queue was let go of meanwhile.
                _messages.Dequeue();
                settled = new SettledMessage(oldest.Tag, IsSent: false, e);
                return true;
            }
        }
        else if (!publisher.IsSettled(oldest))
        {
            return false;
        }

        _messages.Dequeue();
        settled = new SettledMessage(oldest.Tag, oldest.IsSent, oldest.Error);
        return true;
    }

    /// <inheritdoc/>
    public void Abandon() => publisher.Abandon(_messages);
}
