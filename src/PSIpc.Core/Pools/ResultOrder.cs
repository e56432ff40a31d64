namespace PSIpc.Core.Pools;

/// <summary>Puts results into the order of their items: what comes too early waits, in a circle of places that grows as needed.</summary>
internal sealed class ResultOrder
{
    private Place[] _places = new Place[64];
    private long _next;
    private long _passed;

    /// <summary>The number of items whose results have all gone on.</summary>
    public long Next => _next;

    /// <summary>The bytes of results that wait for their turn.</summary>
    public long Bytes { get; private set; }

    /// <summary>The bytes that the last <see cref="Add"/> passed on.</summary>
    public long PassedBytes => _passed;

    /// <summary>Takes a result; passes on all whose turn has come.</summary>
    public void Add(in ResultSegment segment, Queue<ResultSegment> ready)
    {
        long index = segment.Index;
        _passed = 0;
        if (index == _next)
        {
            ready.Enqueue(segment);
            _passed = segment.Records.Length;
            if (segment.IsDone)
            {
                Advance(ready);
            }

            return;
        }

        while (index - _next >= _places.Length)
        {
            Grow();
        }

        ref Place place = ref _places[index & (_places.Length - 1)];
        if (place.IsUsed)
        {
            (place.More ??= []).Add(segment);
        }
        else
        {
            place.First = segment;
            place.IsUsed = true;
        }

        place.IsDone |= segment.IsDone;
        Bytes += segment.Records.Length;
    }

    /// <summary>Passes on all that waits, in the order of its items: those between will not come.</summary>
    public void PassAll(Queue<ResultSegment> ready)
    {
        for (int i = 0; i < _places.Length; i++)
        {
            ref Place place = ref _places[(_next + i) & (_places.Length - 1)];
            if (place.IsUsed)
            {
                Pass(place, ready);
                place = default;
            }
        }
    }

    /// <summary>The item whose turn it was is done: passes on what is there of the ones behind it.</summary>
    private void Advance(Queue<ResultSegment> ready)
    {
        while (true)
        {
            _next++;
            ref Place place = ref _places[_next & (_places.Length - 1)];
            if (!place.IsUsed)
            {
                return;
            }

            Pass(place, ready);
            bool isDone = place.IsDone;
            place = default;
            if (!isDone)
            {
                return;
            }
        }
    }

    private void Pass(in Place place, Queue<ResultSegment> ready)
    {
        Pass(place.First, ready);
        foreach (ResultSegment more in place.More ?? [])
        {
            Pass(more, ready);
        }
    }

    private void Pass(in ResultSegment segment, Queue<ResultSegment> ready)
    {
        ready.Enqueue(segment);
        Bytes -= segment.Records.Length;
        _passed += segment.Records.Length;
    }

    private void Grow()
    {
        var larger = new Place[_places.Length * 2];
        for (long i = _next; i < _next + _places.Length; i++)
        {
            larger[i & (larger.Length - 1)] = _places[i & (_places.Length - 1)];
        }

        _places = larger;
    }

    private struct Place
    {
        public ResultSegment First;
        public List<ResultSegment>? More;
        public bool IsUsed;
        public bool IsDone;
    }
}
