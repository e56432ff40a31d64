using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>A channel given as an object or as a name.</summary>
internal static class ChannelArgument
{
    /// <summary>The channel of an argument to send into: of a pipe of one way, its writer.</summary>
    public static IpcChannel ToSendInto(object? argument) => Resolve(argument, toSend: true);

    /// <summary>The channel of an argument to receive from: of a pipe of one way, its reader.</summary>
    public static IpcChannel ToReceiveFrom(object? argument) => Resolve(argument, toSend: false);

    private static IpcChannel Resolve(object? argument, bool toSend)
    {
        object? plain = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        return plain switch
        {
            IpcChannel channel => channel,
            IpcPipe pipe => EndOf(pipe, toSend),
            string name => ByName(name, toSend),
            null => throw new IpcException(IpcErrorKind.NotFound, Messages.ChannelArgumentNull),
            _ => throw WrongArgument.Error(argument, "queue, topic, subscription, pipe or connection"),
        };
    }

    private static IpcChannel ByName(string name, bool toSend)
    {
        IpcName.Check(name);
        bool isTopic = IpcTopic.Named.Exists(name);
        bool isPipe = IpcPipe.Named.Exists(name);
        if ((isTopic || isPipe) && (IpcQueue.Named.Exists(name) || (isTopic && isPipe)))
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ChannelNameOfSeveral.With(name), name);
        }

        return isTopic ? IpcTopic.Named.ByName(name)
            : isPipe ? EndOf(IpcPipe.Named.ByName(name), toSend)
            : IpcQueue.Named.Exists(name) ? IpcQueue.Named.ByName(name)
            : throw new IpcException(
                IpcErrorKind.NotFound, Messages.ChannelNotFound.With(name), name);
    }

    private static IpcPipeEnd EndOf(IpcPipe pipe, bool toSend) => (toSend ? pipe.Writer : pipe.Reader)
        ?? throw new IpcException(IpcErrorKind.NotSupported, Messages.PipeNeedsEnd.With(pipe.Name), pipe.Name);
}
