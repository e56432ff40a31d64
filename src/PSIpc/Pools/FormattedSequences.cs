using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>
/// Keeps formatted output whole where results come in any order: from the start of such a sequence to its end an item's output waits, since Out-Default
/// ends the script that gives it parts of two in turn.
/// </summary>
internal sealed class FormattedSequences
{
    private readonly Action<StreamRecord> _write;
    private readonly Action<StreamRecord> _take;
    private readonly Dictionary<(long Item, int Worker), List<StreamRecord>> _waiting = [];
    private (long Item, int Worker) _item;
    private List<StreamRecord>? _open;

    /// <summary>Creates it.</summary>
    /// <param name="write">Takes the records.</param>
    public FormattedSequences(Action<StreamRecord> write)
    {
        _write = write;
        _take = Take;
    }

    /// <summary>Passes on the records of a segment, or keeps them until their sequence is whole.</summary>
    public void Write(in ResultSegment segment)
    {
        _item = (segment.Index, segment.Worker);
        _open = _waiting.Count > 0 ? _waiting.GetValueOrDefault(_item) : null;
        ResultReader.ForEach(segment, _take);
        if (segment.IsDone)
        {
            Release();
        }
    }

    /// <summary>Passes on what still waits, of items that did not come to their end.</summary>
    public void WriteRest()
    {
        foreach (StreamRecord record in _waiting.Values.SelectMany(r => r).ToArray())
        {
            _write(record);
        }

        _waiting.Clear();
    }

    private void Take(StreamRecord record)
    {
        if (record.Stream != StreamKind.Output)
        {
            _write(record);
            return;
        }

        if (_open is null && FormatData.IsStart(record.Value))
        {
            _waiting[_item] = _open = [];
        }

        if (_open is null)
        {
            _write(record);
            return;
        }

        _open.Add(record);
        if (FormatData.IsEnd(record.Value))
        {
            Release();
        }
    }

    private void Release()
    {
        if (_open is not { } whole)
        {
            return;
        }

        _open = null;
        _waiting.Remove(_item);
        whole.ForEach(_write);
    }
}
