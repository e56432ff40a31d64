namespace PSIpc.Core.Segments;

/// <summary>A handle of a shared object: what all kinds have in common. Any thread may use it and dispose it at any time.</summary>
/// <remarks>Each operation keeps the handle reachable until it is through (<see cref="GC.KeepAlive"/>): its finalizer lets go of the memory.</remarks>
public abstract class SharedObject : IDisposable
{
    private readonly bool _isAttached;
    private int _disposed;

    private protected SharedObject(Segment segment)
    {
        Segment = segment;
        Name = segment.Name;
        Directory = segment.Directory;
        Id = segment.Id;
        IsPersistent = segment.IsPersistent;
        Created = segment.Created;
        _isAttached = true;
    }

    /// <summary>Lets go of an object that nobody disposed.</summary>
    ~SharedObject() => LetGo(disposing: false);

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The identity that tells it from objects that had its name before.</summary>
    public Guid Id { get; }

    /// <summary>The folder that it is in.</summary>
    public IpcDirectory Directory { get; }

    /// <summary>Whether it stays when the last process leaves it.</summary>
    public bool IsPersistent { get; }

    /// <summary>When it was made, UTC.</summary>
    public DateTime Created { get; }

    /// <summary>Whether it was removed, or this handle disposed.</summary>
    public bool IsRemoved => IsDisposed || Segment.IsRemoved;

    /// <summary>Whether this handle was disposed.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    internal Segment Segment { get; }

    /// <summary>Lets go of the object; waits in progress on this handle end with <see cref="IpcErrorKind.Closed"/>.</summary>
    public void Dispose()
    {
        LetGo(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Ends the waits of this handle, while its memory is still there.</summary>
    /// <param name="disposing">False when nobody disposed it: other handles that it refers to may still be in use.</param>
    private protected abstract void Detach(bool disposing);

    /// <summary>Opens the segment of an object that exists.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="noun">What users call it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    private protected static Segment OpenSegment(ObjectKind kind, string noun, string name, IpcDirectory? directory) =>
        Segment.TryOpen(directory ?? IpcDirectory.Default, kind, name) ?? throw new IpcException(
            IpcErrorKind.NotFound,
            Messages.ObjectNotFound.With(noun, name),
            name);

    private protected void ThrowIfRemoved()
    {
        ThrowIfDisposed();
        if (Segment.IsRemoved)
        {
            throw new IpcException(IpcErrorKind.Closed, Messages.ObjectRemoved.With(Segment.Kind, Name), Name);
        }
    }

    private protected void ThrowIfDisposed()
    {
        if (IsDisposed)
        {
            throw new IpcException(IpcErrorKind.Closed, Messages.ObjectRemovedOrDisposed.With(Segment.Kind, Name), Name);
        }
    }

    private void LetGo(bool disposing)
    {
        // A constructor that failed early has nothing to let go of.
        if (_isAttached && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Detach(disposing);
            Segment.Release();
        }
    }
}
