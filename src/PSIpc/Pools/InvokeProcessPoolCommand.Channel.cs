using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Messages as input: taken from a channel, and given back where nothing comes of them.</summary>
public sealed partial class InvokeProcessPoolCommand
{
    private Dictionary<long, IpcMessage>? _messages;

    /// <summary>A channel whose messages are the objects: a queue, a subscription, an end of a pipe, or a name. A message is received when a worker has demand for it, until the channel is closed and drained. A queue that requires confirmation delivers each message as an IpcMessage.</summary>
    [Parameter(ParameterSetName = StreamSet)]
    [ArgumentCompleter(typeof(ChannelNameCompleter))]
    [ValidateNotNull]
    public object? Channel { get; set; }

    /// <summary>The channel of the argument; null for none.</summary>
    private IpcChannel? ResolveChannel()
    {
        if (Channel is null)
        {
            return null;
        }

        if (MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject)))
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.PoolInputTwice);
        }

        IpcChannel channel = ChannelArgument.ToReceiveFrom(Channel);
        _ = channel.Receiver;
        return channel;
    }

    /// <summary>Runs the messages of a channel until it is closed and drained.</summary>
    private void RunChannel(IpcChannel channel)
    {
        var ahead = channel.Receiver as IReadsAhead;
        ahead?.BeginReading(long.MaxValue);
        try
        {
            while (!_call!.IsOver && (_call.WantsMore(WorkersToUse) ? TakeMessage(channel, ahead is not null) : WaitAndWrite(_ready!)))
            {
                EndIfOverdue();
            }
        }
        finally
        {
            ahead?.EndReading(StopToken.IsCancellationRequested);
        }
    }

    private int WorkersToUse => ThrottleLimit > 0 ? Math.Min(ThrottleLimit, _pool!.WorkerCount) : _pool!.WorkerCount;

    /// <summary>Takes a message if there is one, and waits for one or for results if there is none; false at the channel's end.</summary>
    private bool TakeMessage(IpcChannel channel, bool fetches)
    {
        try
        {
            // What fetches messages is not asked for what it has now: it would stop fetching.
            if (fetches && !channel.Waitable.IsReady(out _))
            {
                return WaitAndWrite(_ready!, channel.Waitable);
            }

            if (MessageCodec.TryReceive(channel, withMetadata: false, peek: false, Deadline.Now, out object? message, StopToken))
            {
                Add(message);
                return true;
            }

            return WaitAndWrite(_ready!, channel.Waitable);
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
            // Messages whose worker dies come again: the end is there when none is left.
            return _messages is { Count: > 0 } && WaitAndWrite(_ready!);
        }
        catch (IpcException e) when (MessageCodec.HasLeft(e))
        {
            WriteError(IpcErrorRecord.From(e, channel));
            return true;
        }
        catch (IpcException e)
        {
            ThrowTerminatingError(IpcErrorRecord.From(e, channel));
            return false;
        }
    }

    private bool WaitAndWrite(params IWaitable[] items)
    {
        DownstreamOutput.Wait(items, all: false, Wake(), StopToken);
        WriteReady();
        return true;
    }

    /// <summary>Notes the message of an item that is added, so that it can be given back.</summary>
    private void NoteMessage(object? item, long index)
    {
        if ((item is PSObject wrapped ? wrapped.BaseObject : item) is IpcMessage { Receipt: not null } message)
        {
            (_messages ??= [])[index] = message;
        }
    }

    /// <summary>Gives back the messages of items of which nothing was written: they are delivered again.</summary>
    private void ReleaseMessages()
    {
        foreach (IpcMessage message in _messages?.Values ?? Enumerable.Empty<IpcMessage>())
        {
            message.Release();
        }

        _messages = null;
    }
}
