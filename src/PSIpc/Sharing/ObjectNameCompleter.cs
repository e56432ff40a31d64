using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>Completes the names of the live objects of some kinds, or of all.</summary>
public abstract class ObjectNameCompleter : IArgumentCompleter
{
    private readonly ObjectKind[] _kinds;

    private protected ObjectNameCompleter(params ObjectKind[] kinds) => _kinds = kinds;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        var pattern = WildcardPattern.Get((wordToComplete ?? "").Trim('\'', '"') + "*", WildcardOptions.IgnoreCase);
        return IpcDirectory.Default.ObjectFiles()
            .Where(o => (_kinds.Length == 0 || _kinds.Contains(o.Kind)) && pattern.IsMatch(o.Name))
            .Select(o => o.Name)
            .Order(StringComparer.OrdinalIgnoreCase)
            .Select(n => new CompletionResult(n, n, CompletionResultType.ParameterValue, n));
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
public sealed class ArrayNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public ArrayNameCompleter()
        : base(ObjectKind.Array)
    {
    }
}

/// <summary>Completes the names of blocks of memory.</summary>
public sealed class MemoryNameCompleter : ObjectNameCompleter
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
