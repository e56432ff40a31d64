using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>What locks, semaphores and events share as objects that travel.</summary>
public abstract class IpcSharedObject : IIpcObject
{
    private readonly SharedObject _shared;

    private protected IpcSharedObject(SharedObject shared, ObjectKind kind)
    {
        _shared = shared;
        Kind = kind;
    }

    /// <inheritdoc/>
    public string Name
    {
        get
        {
            OpenObjects.Keep(Owner);
            return _shared.Name;
        }
    }

    string IIpcObject.ShownName => ShownName;

    /// <summary>As <see cref="Name"/>, for messages; to read it does not keep the object.</summary>
    internal string ShownName => _shared.Name;

    /// <summary>The object that this is a part of; itself where it is whole. A part keeps it.</summary>
    private protected virtual IIpcObject Owner => this;

    /// <inheritdoc/>
    public ObjectKind Kind { get; }

    /// <summary>Whether it stays when the last process leaves it.</summary>
    public bool IsPersistent => _shared.IsPersistent;

    /// <inheritdoc/>
    public virtual IpcReference Reference => new(Kind, Name, _shared.Directory.FullPath);

    /// <inheritdoc/>
    public bool IsRemoved => _shared.IsRemoved;

    /// <inheritdoc/>
    public IpcReference PassOn() => Reference;

    /// <inheritdoc/>
    public abstract void Remove(CancellationToken cancellation = default);

    /// <summary>Lets go of it in this process.</summary>
    public void Dispose()
    {
        OpenObjects.Forget(this);
        _shared.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;
}
