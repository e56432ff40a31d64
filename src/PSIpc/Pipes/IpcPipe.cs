using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>
/// A pipe between two processes: one way, from its <see cref="Writer"/> to its <see cref="Reader"/>, or both ways between
/// <see cref="First"/> and <see cref="Second"/>.
/// </summary>
/// <remarks>
/// An end belongs to one process: the maker of the pipe, then whichever it is passed on to, until one uses it. When that process closes it or
/// is gone, the other end receives what is on the way and then finds the pipe closed.
/// </remarks>
public sealed class IpcPipe : IIpcObject
{
    private readonly SharedPipe _pipe;

    internal IpcPipe(SharedPipe pipe)
    {
        _pipe = pipe;
        var first = new IpcPipeEnd(pipe.First, this);
        var second = new IpcPipeEnd(pipe.Second, this);
        (Reader, Writer, First, Second) = pipe.IsDuplex ? (null, null, first, second) : (first, second, (IpcPipeEnd?)null, (IpcPipeEnd?)null);
        Serializer = first.Serializer;
    }

    /// <inheritdoc/>
    public string Name
    {
        get
        {
            OpenObjects.Keep(this);
            return _pipe.Name;
        }
    }

    string IIpcObject.ShownName => _pipe.Name;

    /// <inheritdoc/>
    public ObjectKind Kind => ObjectKind.Pipe;

    /// <summary>Whether messages go both ways.</summary>
    public bool IsDuplex => _pipe.IsDuplex;

    /// <summary>The end that receives, in a pipe of one way.</summary>
    public IpcPipeEnd? Reader { get; }

    /// <summary>The end that sends, in a pipe of one way.</summary>
    public IpcPipeEnd? Writer { get; }

    /// <summary>One of the ends of a pipe that goes both ways.</summary>
    public IpcPipeEnd? First { get; }

    /// <summary>The other end of a pipe that goes both ways.</summary>
    public IpcPipeEnd? Second { get; }

    /// <summary>Both ends.</summary>
    internal IpcPipeEnd[] Ends => [Reader ?? First!, Writer ?? Second!];

    /// <summary>Bytes of messages that each direction holds.</summary>
    public long Capacity => _pipe.Capacity;

    /// <summary>Whether it has ended.</summary>
    public bool IsClosed => _pipe.First.IsClosed;

    /// <summary>The name of the serializer of senders that name none.</summary>
    public string Serializer { get; }

    /// <inheritdoc/>
    public IpcReference Reference => new(ObjectKind.Pipe, Name, _pipe.Directory.FullPath);

    /// <inheritdoc/>
    public bool IsRemoved => _pipe.IsRemoved;

    internal static NamedObjects<IpcPipe> Named { get; } = new(ObjectKind.Pipe, "pipe", Open);

    /// <summary>Makes a pipe; this process has both ends until it passes them on.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="duplex">Whether messages go both ways.</param>
    /// <param name="capacity">Bytes of messages that each direction holds, rounded up to a power of two; reserved at once.</param>
    /// <param name="serializer">The serializer of senders that name none.</param>
    /// <param name="openExisting">Whether to open the pipe of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static IpcPipe Create(
        string? name = null,
        bool duplex = false,
        long capacity = SharedPipe.DefaultCapacity,
        string serializer = IpcSerializers.DefaultName,
        bool openExisting = false) =>
        new(SharedPipe.Create(name, duplex, capacity, IpcSerializers.FormatOf(serializer), openExisting: openExisting));

    /// <summary>Opens a pipe that exists, without taking an end of it: the first use of one takes it.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static IpcPipe Open(string name) => new(SharedPipe.Open(name));

    /// <summary>Closes the ends that this process has.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public void Close(CancellationToken cancellation = default)
    {
        _pipe.First.Close(cancellation);
        _pipe.Second.Close(cancellation);
    }

    /// <inheritdoc/>
    public IpcReference PassOn() => Reference;

    /// <summary>Ends the pipe for both sides and takes its name away.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public void Remove(CancellationToken cancellation = default) => _pipe.Remove(cancellation);

    /// <summary>Lets go of the pipe; ends that this process has are closed.</summary>
    public void Dispose()
    {
        OpenObjects.Forget(this);
        _pipe.Dispose();
    }

    /// <summary>The pipe's name.</summary>
    public override string ToString() => Name;

    /// <summary>Opens the pipe that arrived as a reference.</summary>
    internal static IpcPipe Open(IpcReference reference) => new(SharedPipe.Open(reference.Name, IpcDirectory.At(reference.Directory)));
}
