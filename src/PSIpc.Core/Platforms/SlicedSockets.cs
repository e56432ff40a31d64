using System.Net.Sockets;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Platforms;

/// <summary>Waiting for sockets where there is no word of the system that a cancellation can wake: in slices of 20 ms.</summary>
internal sealed class SlicedSockets : ISocketPlatform
{
    private const int Slice = 20;

    public bool Wait(Socket socket, bool toWrite, Deadline deadline, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (socket.Poll(1000 * deadline.Milliseconds(Slice), toWrite ? SelectMode.SelectWrite : SelectMode.SelectRead))
            {
                return true;
            }

            if (deadline.IsOver)
            {
                return false;
            }
        }
    }

    // Nothing is removed that cannot be told apart from a file.
    public bool IsSocketFile(string path) => false;
}
