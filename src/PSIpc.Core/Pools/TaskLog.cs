namespace PSIpc.Core.Pools;

/// <summary>What the workers of a pool did for calls that are recorded: the newest tasks, up to a number, so that it takes some 50 MB at most, and their texts.</summary>
internal sealed class TaskLog(int most = TaskLog.MostTasks)
{
    /// <summary>The most tasks that are kept.</summary>
    public const int MostTasks = 1_000_000;

    private const int MostBlocks = 100;

    private readonly object _lock = new();
    private readonly int _blockSize = Math.Max(1, most / MostBlocks);
    private readonly Queue<RecordedTask[]> _full = new();
    private readonly Dictionary<uint, long> _dropped = [];
    private RecordedTask[] _open = [];
    private int _count;

    /// <summary>Adds a task. When there are as many as are kept, a hundredth of them goes, the oldest ones.</summary>
    public void Add(in RecordedTask task)
    {
        lock (_lock)
        {
            if (_count == _open.Length)
            {
                Turn();
            }

            _open[_count++] = task;
        }
    }

    /// <summary>The tasks that are kept, in the order in which they ended, and how many were dropped.</summary>
    /// <param name="call">Only those of a call; of all calls if null.</param>
    public (RecordedTask[] Tasks, long Dropped) Read(uint? call = null)
    {
        lock (_lock)
        {
            var tasks = new List<RecordedTask>(call is null ? (_full.Count * _blockSize) + _count : 16);
            foreach (RecordedTask[] block in _full.Append(_open[.._count]))
            {
                tasks.AddRange(call is null ? block : block.Where(t => t.Call == call));
            }

            return ([.. tasks], call is uint one ? _dropped.GetValueOrDefault(one) : _dropped.Values.Sum());
        }
    }

    /// <summary>Begins another block; the oldest one where there are all.</summary>
    private void Turn()
    {
        if (_count > 0)
        {
            _full.Enqueue(_open);
        }

        _count = 0;
        if (_full.Count < MostBlocks)
        {
            _open = new RecordedTask[_blockSize];
            return;
        }

        _open = _full.Dequeue();
        foreach (RecordedTask task in _open)
        {
            _dropped[task.Call] = _dropped.GetValueOrDefault(task.Call) + 1;
        }
    }
}
