using System.Management.Automation;
using System.Management.Automation.Remoting.Internal;

namespace PSIpc;

/// <summary>A record of a job as Receive-Job writes it. The reader that takes it first is the only one that writes it.</summary>
internal sealed class JobRecord(StreamRecord record) : PSStreamObject(TypeOf(record), record.ForJob())
{
    /// <summary>The type of a record that was taken. The engine knows no such type and writes nothing.</summary>
    private const PSStreamObjectType Taken = 0;

    /// <summary>The record.</summary>
    public StreamRecord Record { get; } = record;

    /// <summary>Whether a reader has taken it.</summary>
    public bool IsTaken => ObjectType == Taken;

    /// <summary>Takes it. Receive-Job passes it over from now on.</summary>
    public void Take() => ObjectType = Taken;

    private static PSStreamObjectType TypeOf(StreamRecord record) => record.Stream switch
    {
        StreamKind.Error or StreamKind.Failure => PSStreamObjectType.Error,
        StreamKind.Warning => PSStreamObjectType.Warning,
        StreamKind.Verbose => PSStreamObjectType.Verbose,
        StreamKind.Debug => PSStreamObjectType.Debug,
        StreamKind.Information when record.Plain is InformationRecord => PSStreamObjectType.Information,
        StreamKind.Progress when record.Plain is ProgressRecord => PSStreamObjectType.Progress,
        _ => PSStreamObjectType.Output,
    };
}
