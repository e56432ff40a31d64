using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>Turns what comes back of items into records for a cmdlet's streams; an item that ended by an error or with its worker is the target of that error.</summary>
internal static class ResultReader
{
    /// <summary>Passes on the records of a segment, one by one.</summary>
    /// <param name="segment">What came back.</param>
    /// <param name="write">Takes a record.</param>
    public static void ForEach(in ResultSegment segment, Action<StreamRecord> write)
    {
        ReadOnlyMemory<byte> records = segment.Records;
        ErrorItem item = default;
        while (!records.IsEmpty)
        {
            StreamRecord record = ReadNext(ref records);
            if (record.Stream is (StreamKind.Error or StreamKind.Failure) && !record.IsNativeText)
            {
                item.ReadOnce(segment);
                bool isTarget = record.Stream == StreamKind.Failure || record.AsError().TargetObject is null;
                record = record with { Value = item.AddTo(record.AsError(), isTarget) };
            }

            write(record);
        }

        if (segment.Refusal is { } refusal)
        {
            item.ReadOnce(segment);
            ErrorRecord error = refusal is IpcException ipc ? IpcErrorRecord.From(ipc) : new ErrorRecord(refusal, "PoolFailed", ErrorCategory.NotSpecified, null);
            write(new StreamRecord(StreamKind.Failure, item.AddTo(error, isTarget: true)));
        }

        if (segment.Death is { } death)
        {
            item.ReadOnce(segment);
            item.Release();
            write(new StreamRecord(StreamKind.Failure, item.AddTo(IpcErrorRecord.From(ErrorOf(segment, death)), isTarget: true)));
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

    /// <summary>The item that the errors of a segment are of: the target of those that ended it, and a text that their view shows.</summary>
    private struct ErrorItem
    {
        private bool _isRead;
        private object? _item;
        private string? _text;

        public void ReadOnce(in ResultSegment segment)
        {
            if (_isRead || segment.Block is null)
            {
                return;
            }

            _isRead = true;
            try
            {
                _item = IpcSerializers.Get(IpcSerializers.DefaultName).Deserialize(segment.Input);
                _text = ItemText.Of(_item);
            }
            catch (IpcException)
            {
                // The worker could not read it either, and says so.
            }
        }

        /// <summary>A message whose worker died goes to the next receiver, unless it was confirmed before.</summary>
        public readonly void Release() => (_item as IpcMessage)?.Release();

        public readonly ErrorRecord AddTo(ErrorRecord error, bool isTarget)
        {
            ErrorRecord complete = isTarget && _item is not null ? RemoteError.WithTarget(error, _item) : error;
            return _text is null ? complete : new ItemErrorRecord(complete, _text);
        }
    }
}
