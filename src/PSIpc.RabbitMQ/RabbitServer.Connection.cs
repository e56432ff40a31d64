using PSIpc.Core;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace PSIpc.RabbitMQ;

/// <summary>How the connection is made, and made again when it is lost.</summary>
internal sealed partial class RabbitServer
{
    private async Task<IConnection> OpenAsync(CancellationToken cancellation)
    {
        IConnection connection = await _factory.CreateConnectionAsync(_nodes, cancellation).ConfigureAwait(false);

        try
        {
            // A server refuses a virtual host only after it has let the user in: the first channel tells.
            await using (IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancellation).ConfigureAwait(false))
            {
                connection.ConnectionShutdownAsync += OnLost;
                WatchBlocking(connection);
            }

            _disposed.Token.ThrowIfCancellationRequested();
        }
        catch
        {
            // Nobody has it: it would stay for as long as this process.
            await connection.CloseAsync(Constants.ReplySuccess, "", CloseTime, abort: true, CancellationToken.None).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Product = $"{PropertyOf(connection, "product")} {PropertyOf(connection, "version")}".Trim();
        return connection;
    }

    private Task OnLost(object sender, ShutdownEventArgs reason)
    {
        lock (_gate)
        {
            if (!IsDisposed && _connection is { IsCompletedSuccessfully: true } current && ReferenceEquals(current.Result, sender))
            {
                _connection = Task.Run(ReconnectAsync, CancellationToken.None);
            }
        }

        return Task.CompletedTask;
    }

    private async Task<IConnection> ReconnectAsync()
    {
        var end = Deadline.After(_settings.ReconnectTimeout);
        for (TimeSpan pause = FirstPause; ; pause = pause < LongestPause ? 2 * pause : LongestPause)
        {
            try
            {
                return await OpenAsync(_disposed.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (IsDisposed)
            {
                throw new IpcException(IpcErrorKind.Closed, Messages.ServerDisconnected.With(Name), Name, e);
            }
            catch (Exception e) when (e is not IpcException)
            {
                IpcException reason = RabbitErrors.Unreachable(e, _settings);
                if (end.IsOver)
                {
                    throw new IpcException(
                        IpcErrorKind.PeerGone,
                        Messages.ServerConnectionLost.With(Name, _settings.ReconnectTimeout.TotalSeconds, reason.Message),
                        Name,
                        e);
                }
            }

            // Not all clients of a server at once when it is back.
            TimeSpan spread = pause * (0.5 + Random.Shared.NextDouble());
            await Task.Delay(TimeSpan.FromMilliseconds(end.Milliseconds((int)spread.TotalMilliseconds)), _disposed.Token).ConfigureAwait(false);
        }
    }
}
