using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// A live object that processes share. It travels: every serializer but Raw writes its reference, and the receiver gets an object attached to
/// the same shared thing.
/// </summary>
public interface IIpcObject : IDisposable
{
    /// <summary>Its name, by which other processes open it.</summary>
    string Name { get; }

    /// <summary>What it is.</summary>
    ObjectKind Kind { get; }

    /// <summary>What to write for it.</summary>
    IpcReference Reference { get; }
}
