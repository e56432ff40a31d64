using System.Net.Sockets;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Platforms;

/// <summary>Sleeping until a socket can be read or written, with an end by time and by cancellation.</summary>
internal interface ISocketPlatform
{
    /// <summary>Sleeps until a socket that does not block has something to read (its end too), or room to write.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="toWrite">Whether to wait for room.</param>
    /// <param name="deadline">Until when.</param>
    /// <param name="cancellation">Ends the sleep with <see cref="OperationCanceledException"/>.</param>
    /// <returns>False when the time is up.</returns>
    bool Wait(Socket socket, bool toWrite, Deadline deadline, CancellationToken cancellation);

    /// <summary>Whether a path is that of a socket, and of nothing else that could be lost with it.</summary>
    bool IsSocketFile(string path);
}
