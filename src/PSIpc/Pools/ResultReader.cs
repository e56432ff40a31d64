using System.Management.Automation;
using System.Reflection;
using PSIpc.Core;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>Turns what comes back of items into records for a cmdlet's streams; an item that ended by an error or with its worker is the target of that error.</summary>
internal static class ResultReader
{
    // An ErrorRecord's target has no setter; what else it carries (stack, category, details) would be lost in a new one.
    private static readonly FieldInfo? TargetField = typeof(ErrorRecord).GetField("_target", BindingFlags.Instance | BindingFlags.NonPublic);

    /// <summary>Passes on the records of a segment, one by one.</summary>
    /// <param name="segment">What came back.</param>
    /// <param name="write">Takes a record.</param>
    public static void ForEach(in ResultSegment segment, Action<StreamRecord> write)
    {
        ReadOnlyMemory<byte> records = segment.Records;
        while (!records.IsEmpty)
        {
            StreamRecord record = ReadNext(ref records);
            write(record.Stream is StreamKind.Error or StreamKind.Failure ? WithTarget(record, segment) : record);
        }

        if (segment.Refusal is { } refusal)
        {
            ErrorRecord error = refusal is IpcException ipc ? IpcErrorRecord.From(ipc, ItemOf(segment)) : new ErrorRecord(refusal, "PoolFailed", ErrorCategory.NotSpecified, ItemOf(segment));
            write(new StreamRecord(StreamKind.Failure, error));
        }

        if (segment.Death is { } death)
        {
            // A message whose worker died goes to the next receiver, unless it was confirmed before.
            object? item = ItemOf(segment);
            (item as IpcMessage)?.Release();
            write(new StreamRecord(StreamKind.Failure, IpcErrorRecord.From(ErrorOf(segment, death), item)));
        }
    }

    /// <summary>The one record of a message, such as why a call could not be run.</summary>
    public static ErrorRecord ReadFailure(ReadOnlyMemory<byte> records) => ReadNext(ref records).AsError();

    private static StreamRecord ReadNext(ref ReadOnlyMemory<byte> records)
    {
        try
        {
            return ItemRecords.ReadNext(ref records);
        }
        catch (IpcException e)
        {
            return new StreamRecord(StreamKind.Error, IpcErrorRecord.From(e));
        }
    }

    private static StreamRecord WithTarget(StreamRecord record, in ResultSegment segment)
    {
        ErrorRecord error = record.AsError();
        if (segment.Block is not null && (record.Stream == StreamKind.Failure || error.TargetObject is null) && ItemOf(segment) is { } item)
        {
            if (TargetField is null)
            {
                error = new ErrorRecord(error.Exception, error.FullyQualifiedErrorId, error.CategoryInfo.Category, item);
            }
            else
            {
                TargetField.SetValue(error, item);
            }
        }

        return record with { Value = error };
    }

    private static object? ItemOf(in ResultSegment segment)
    {
        if (segment.Block is null)
        {
            return null;
        }

        try
        {
            return IpcSerializers.Get(IpcSerializers.DefaultName).Deserialize(segment.Input);
        }
        catch (IpcException)
        {
            return null;
        }
    }

    private static IpcException ErrorOf(in ResultSegment segment, WorkerDeath death)
    {
        string words = death.LastWords.Length > 0 ? Messages.WroteToStandardError.With(death.LastWords) : "";
        string what = segment.Block is null ? Messages.EndOfScriptBlock : Messages.ThisItem;
        return (segment.Flags & ResultFlags.TimedOut) != 0
            ? new IpcException(IpcErrorKind.TaskTimeout, Messages.WorkerRanTooLong.With(death.ProcessId, what), $"{death.ProcessId}")
            : segment.Block is null
            ? new IpcException(IpcErrorKind.WorkerDied, Messages.WorkerDiedBefore.With(death.ProcessId, death.What, what, words), $"{death.ProcessId}")
            : new IpcException(
                IpcErrorKind.WorkerDied,
                Messages.WorkerDiedInItem.With(death.ProcessId, death.What, what, words),
                $"{death.ProcessId}");
    }
}
