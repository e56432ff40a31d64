using PSIpc.Core;

namespace PSIpc;

/// <summary>What an IPC object travels as: enough to open it in another process of the same machine.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Directory">The full path of the folder that it is in.</param>
public sealed record IpcReference(ObjectKind Kind, string Name, string Directory)
{
    /// <summary>Opens the object in this process.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> when it is gone; <see cref="IpcErrorKind.CorruptData"/> when no such kind travels.</exception>
    public IIpcObject Open() => Kind switch
    {
        ObjectKind.Queue => IpcQueue.Open(this),
        _ => throw new IpcException(IpcErrorKind.CorruptData, $"The data refers to '{Name}', an object of a kind ({(int)Kind}) that does not travel."),
    };
}
