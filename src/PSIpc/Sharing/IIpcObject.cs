using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// A live object that processes share. It travels: every serializer but Raw writes its reference, and the receiver gets an object attached to
/// the same shared thing.
/// </summary>
public interface IIpcObject : IDisposable
{
    /// <summary>Its name, by which other processes open it. An object without a name of the user's own lives until it is removed once this was read.</summary>
    string Name { get; }

    /// <summary>Its name for messages; to read it does not keep the object.</summary>
    internal string ShownName { get; }

    /// <summary>What it is.</summary>
    ObjectKind Kind { get; }

    /// <summary>What it travels as.</summary>
    IpcReference Reference { get; }

    /// <summary>Whether it was removed by anybody, or this object disposed.</summary>
    bool IsRemoved { get; }

    /// <summary>Notes that it is on its way to another process; returns what to write for it.</summary>
    IpcReference PassOn();

    /// <summary>Removes it for all processes.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    void Remove(CancellationToken cancellation = default);
}
