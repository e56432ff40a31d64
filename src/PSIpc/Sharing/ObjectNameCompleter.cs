using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>Completes the names of the live objects of some kinds, or of all.</summary>
public abstract class ObjectNameCompleter : NameCompleter
{
    private readonly ObjectKind[] _kinds;

    private protected ObjectNameCompleter(params ObjectKind[] kinds) => _kinds = kinds;

    private protected override IEnumerable<CompletionName> Names(CompletionRequest request)
    {
        // A server does not say what it has: those that this session has open.
        if (request.Argument("Server") is { } server && !request.Command.EndsWith("-IpcServer", StringComparison.OrdinalIgnoreCase))
        {
            return ServerArgument.PlaceOf(server) is { } place
                ? OpenObjects.NamesIn(place, _kinds).Order(StringComparer.OrdinalIgnoreCase).Select(n => new CompletionName(n, $"{n} on {place}"))
                : [];
        }

        return IpcDirectory.Default.ObjectFiles()
            .Where(o => _kinds.Length == 0 || _kinds.Contains(o.Kind))
            .OrderBy(o => o.Name, StringComparer.OrdinalIgnoreCase)
            .Select(o => new CompletionName(o.Name, $"{o.Kind} {o.Name}"));
    }
}

/// <summary>Completes the names of objects of one kind, and those that other programs gave to memory that these can be opened as.</summary>
public abstract class MemoryAndForeignNameCompleter : ObjectNameCompleter
{
    private protected MemoryAndForeignNameCompleter(ObjectKind kind)
        : base(kind)
    {
    }

    private protected override IEnumerable<CompletionName> Names(CompletionRequest request)
    {
        var own = IpcDirectory.Default.ObjectFiles().Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        IEnumerable<CompletionName> foreign = request.Command.StartsWith("Get-", StringComparison.OrdinalIgnoreCase)
            ? IpcDirectory.Default.ForeignNames().Where(n => !own.Contains(n)).Order(StringComparer.OrdinalIgnoreCase).Select(n => new CompletionName(n, $"Memory of another program: {n}"))
            : [];
        return base.Names(request).Concat(foreign);
    }
}

/// <summary>Completes the names of queues.</summary>
public sealed class QueueNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public QueueNameCompleter()
        : base(ObjectKind.Queue)
    {
    }
}

/// <summary>Completes the names of topics.</summary>
public sealed class TopicNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public TopicNameCompleter()
        : base(ObjectKind.Topic)
    {
    }
}

/// <summary>Completes the names of pipes.</summary>
public sealed class PipeNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public PipeNameCompleter()
        : base(ObjectKind.Pipe)
    {
    }
}

/// <summary>Completes the names of what messages go through: queues, topics and pipes.</summary>
public sealed class ChannelNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public ChannelNameCompleter()
        : base(ObjectKind.Queue, ObjectKind.Topic, ObjectKind.Pipe)
    {
    }
}

/// <summary>Completes the names of objects of every kind.</summary>
public sealed class AnyObjectNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public AnyObjectNameCompleter()
        : base()
    {
    }
}

/// <summary>Completes the names of locks.</summary>
public sealed class LockNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public LockNameCompleter()
        : base(ObjectKind.Lock)
    {
    }
}

/// <summary>Completes the names of semaphores.</summary>
public sealed class SemaphoreNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public SemaphoreNameCompleter()
        : base(ObjectKind.Semaphore)
    {
    }
}

/// <summary>Completes the names of events.</summary>
public sealed class EventNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public EventNameCompleter()
        : base(ObjectKind.Event)
    {
    }
}

/// <summary>Completes the names of arrays.</summary>
public sealed class ArrayNameCompleter : MemoryAndForeignNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public ArrayNameCompleter()
        : base(ObjectKind.Array)
    {
    }
}

/// <summary>Completes the names of blocks of memory.</summary>
public sealed class MemoryNameCompleter : MemoryAndForeignNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public MemoryNameCompleter()
        : base(ObjectKind.Memory)
    {
    }
}

/// <summary>Completes the names of shared values.</summary>
public sealed class ValueNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public ValueNameCompleter()
        : base(ObjectKind.Value)
    {
    }
}

/// <summary>Completes the names of barriers.</summary>
public sealed class BarrierNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public BarrierNameCompleter()
        : base(ObjectKind.Barrier)
    {
    }
}

/// <summary>Completes the names of conditions.</summary>
public sealed class ConditionNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public ConditionNameCompleter()
        : base(ObjectKind.Condition)
    {
    }
}

/// <summary>Completes the names of shared dictionaries.</summary>
public sealed class DictionaryNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public DictionaryNameCompleter()
        : base(ObjectKind.Dictionary)
    {
    }
}
