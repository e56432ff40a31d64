using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>What an IPC object travels as: enough to open it in another process, of the same machine or with the same server.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Directory">The full path of the folder that it is in, or the address of its server, without a password.</param>
/// <param name="Part">Which part of it, as its kind says: an end of a pipe, a subscription of a topic; 0 for the whole.</param>
public sealed record IpcReference(ObjectKind Kind, string Name, string Directory, long Part = 0)
{
    /// <summary><see cref="Part"/> of the lock that an object of another kind has.</summary>
    internal const long LockPart = 100;

    /// <summary>Opens the object in this process.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> when it is gone; <see cref="IpcErrorKind.NotOwner"/> when it is another process's; <see cref="IpcErrorKind.PermissionDenied"/> when it is in a folder that this process does not use; <see cref="IpcErrorKind.CorruptData"/> when no such kind travels.</exception>
    public IIpcObject Open() => ServerSettings.IsAddress(Directory) ? IpcServers.OfReference(this).Open(this) : OpenHere();

    /// <summary>Opens the object for a value in which it arrived; what cannot be opened is a <see cref="MissingIpcObject"/>, so that the rest of the value arrives.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/> when this is no reference of an object that travels.</exception>
    internal IIpcObject OpenOrMissing()
    {
        try
        {
            return Open();
        }
        catch (IpcException e) when (e.Kind is not (IpcErrorKind.CorruptData or IpcErrorKind.InvalidName or IpcErrorKind.InvalidArgument))
        {
            return new MissingIpcObject(this, e);
        }
    }

    // The name of a folder is data, and to look into it opens files, or asks another machine for it.
    private IIpcObject OpenHere() => !IpcDirectory.IsInUse(Directory) ? throw new IpcException(IpcErrorKind.PermissionDenied, Messages.ReferenceOfAnotherFolder.With(Name, Directory, IpcDirectory.Variable), Name) : Kind switch
    {
        ObjectKind.Queue when Part == 0 => IpcQueue.Open(this),
        ObjectKind.Pipe when Part == 0 => IpcPipe.Open(this),
        ObjectKind.Pipe => IpcPipeEnd.Open(this),
        ObjectKind.Topic when Part == 0 => IpcTopic.Open(this),
        ObjectKind.Topic => IpcSubscription.Open(this),
        ObjectKind.Lock => IpcLock.Open(this),
        ObjectKind.Semaphore => IpcSemaphore.Open(this),
        ObjectKind.Event => IpcEvent.Open(this),
        ObjectKind.Array when Part != LockPart => SharedArray.Open(this),
        ObjectKind.Array => SharedArray.Open(this with { Part = 0 }).Lock,
        ObjectKind.Value when Part != LockPart => SharedValue.Open(this),
        ObjectKind.Value => SharedValue.Open(this).Lock,
        ObjectKind.Memory when Part != LockPart => SharedMemory.Open(this),
        ObjectKind.Memory => SharedMemory.Open(this with { Part = 0 }).Lock,
        ObjectKind.Barrier => IpcBarrier.Open(this),
        ObjectKind.Condition when Part != LockPart => IpcCondition.Open(this),
        ObjectKind.Condition => IpcCondition.Open(this).Lock,
        ObjectKind.Dictionary when Part != LockPart => SharedDictionary.Open(this),
        ObjectKind.Dictionary => SharedDictionary.Open(this).Lock,
        _ => throw new IpcException(IpcErrorKind.CorruptData, Messages.ReferenceKindDoesNotTravel.With(Name, (int)Kind)),
    };
}
