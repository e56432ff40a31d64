using System.Net.Sockets;
using System.Security.Authentication;
using PSIpc.Core;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace PSIpc.RabbitMQ;

/// <summary>What the client library throws, in the terms that users see. No text of it has a password.</summary>
internal static class RabbitErrors
{
    private const ushort NotFoundCode = 404;
    private const ushort AccessRefusedCode = 403;
    private const ushort NotAllowedCode = 530;

    /// <summary>Whether the server says that something does not exist.</summary>
    public static bool IsNotFound(Exception e) => e is OperationInterruptedException { ShutdownReason.ReplyCode: NotFoundCode };

    /// <summary>Whether the server refused what was asked for, and will do so again; what is thrown else comes of a lost connection.</summary>
    public static bool IsRefusal(Exception e) =>
        e is OperationInterruptedException { ShutdownReason: { Initiator: ShutdownInitiator.Peer } reason } && reason.ReplyCode != Constants.ConnectionForced && reason.ReplyCode < Constants.InternalError;

    /// <summary>Whether it is one that the client library throws when a connection or a channel is gone.</summary>
    public static bool IsOfLibrary(Exception e) => e is RabbitMQClientException or IOException or SocketException or ObjectDisposedException or TimeoutException or InvalidOperationException;

    /// <summary>The exception for a refusal.</summary>
    public static IpcException Refused(Exception e, string name) => e is OperationInterruptedException { ShutdownReason: { } reason }
        ? new IpcException(
            reason.ReplyCode switch
            {
                NotFoundCode => IpcErrorKind.Closed,
                AccessRefusedCode => IpcErrorKind.PermissionDenied,
                _ => IpcErrorKind.NotSupported,
            },
            Messages.ServerRefused.With(name, Sentence(reason.ReplyText)),
            name,
            e)
        : new IpcException(IpcErrorKind.PeerGone, Messages.ServerCouldNotBeAsked.With(name, Sentence(e.Message)), name, e);

    /// <summary>The exception for a connection that cannot be made.</summary>
    public static IpcException Unreachable(Exception e, ServerSettings settings)
    {
        string address = string.Join(" or ", settings.Addresses);
        for (Exception? cause = e; cause is not null; cause = cause is AggregateException { InnerExceptions: [var first, ..] } ? first : cause.InnerException)
        {
            switch (cause)
            {
                case global::RabbitMQ.Client.Exceptions.AuthenticationFailureException or PossibleAuthenticationFailureException:
                    return new IpcException(IpcErrorKind.AuthenticationFailed, Messages.ServerPasswordRefused.With(address, settings.UserName), settings.Name, e);
                case OperationInterruptedException { ShutdownReason.ReplyCode: NotAllowedCode }:
                    return new IpcException(IpcErrorKind.NotFound, Messages.ServerVirtualHostRefused.With(address, settings.VirtualHost, settings.UserName), settings.Name, e);
                case OperationInterruptedException { ShutdownReason.ReplyCode: AccessRefusedCode }:
                    return new IpcException(IpcErrorKind.AuthenticationFailed, Messages.ServerUserRefused.With(address, settings.UserName), settings.Name, e);
                case AuthenticationException:
                    return new IpcException(IpcErrorKind.AuthenticationFailed, Messages.ServerTlsNotTrusted.With(address, Sentence(cause.Message)), settings.Name, e);
                case SocketException socket:
                    return new IpcException(IpcErrorKind.NotFound, Messages.ServerNotListening.With(address, Sentence(socket.Message)), settings.Name, e);
            }
        }

        string reason = e.InnerException?.Message ?? e.Message;
        return new IpcException(IpcErrorKind.PeerGone, Messages.ServerAnswersOtherwise.With(address, Sentence(reason)), settings.Name, e);
    }

    /// <summary>A text with a full stop.</summary>
    private static string Sentence(string text) => text.TrimEnd().TrimEnd('.') + ".";
}
