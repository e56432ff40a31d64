using System.Diagnostics;

namespace PSIpc.Fuzzing;

/// <summary>Gives decoders changed inputs, and checks what they promise: a documented exception or none, soon, and with little memory.</summary>
internal sealed class DecoderFuzz
{
    private const int SmallInput = 1024;
    private const long MostAllocated = 64 << 20;
    private const int MostCorpus = 5000;
    private const int MostFailures = 10;

    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);

    private readonly FuzzTarget[] _targets;
    private readonly List<byte[]>[] _corpora;
    private readonly int[] _choices;
    private readonly Random _random;
    private readonly Mutator _mutator;
    private readonly Func<bool>? _isNewPath;

    /// <summary>Prepares a run.</summary>
    /// <param name="targets">The decoders.</param>
    /// <param name="seed">What decides all choices.</param>
    /// <param name="isNewPath">Whether the last input took a path through the code that none did before; null where nobody watches.</param>
    public DecoderFuzz(FuzzTarget[] targets, int seed, Func<bool>? isNewPath = null)
    {
        _targets = targets;
        _corpora = [.. targets.Select(t => t.Valid.ToList())];
        _choices = [.. targets.SelectMany((t, i) => Enumerable.Repeat(i, t.Weight))];
        _random = new Random(seed);
        _mutator = new Mutator(_random);
        _isNewPath = isNewPath;
        Counts = new long[targets.Length];
        Refused = new long[targets.Length];
    }

    /// <summary>Inputs given to each decoder.</summary>
    public long[] Counts { get; }

    /// <summary>Inputs that each refused as documented.</summary>
    public long[] Refused { get; }

    /// <summary>The most that an input of less than 1 KB allocated, in bytes.</summary>
    public long LargestAllocation { get; private set; }

    /// <summary>The longest that an input took.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>Inputs that took paths of their own, with the valid ones.</summary>
    public int CorpusSize => _corpora.Sum(c => c.Count);

    /// <summary>What broke a promise.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>The input being decoded, for those who watch for one without end.</summary>
    public (string Target, byte[] Input) Current { get; private set; } = ("", []);

    /// <summary>Runs for a time.</summary>
    public void Run(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time && Failures.Count < MostFailures)
        {
            for (int i = 0; i < 100; i++)
            {
                One();
            }
        }
    }

    private void One()
    {
        int index = _choices[_random.Next(_choices.Length)];
        List<byte[]> corpus = _corpora[index];
        byte[] input = _mutator.Mutate(corpus[_random.Next(corpus.Count)], corpus[_random.Next(corpus.Count)]);
        Current = (_targets[index].Name, input);
        Counts[index]++;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        bool isRefused = Decode(_targets[index], input);
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Refused[index] += isRefused ? 1 : 0;
        Note(_targets[index], input, taken, allocated);
        if (_isNewPath?.Invoke() == true && corpus.Count < MostCorpus)
        {
            corpus.Add(input);
        }
    }

    private bool Decode(FuzzTarget target, byte[] input)
    {
        try
        {
            target.Decode(input);
            return false;
        }
        catch (Exception e)
        {
            string? kind = e.GetType().FullName == "PSIpc.Core.IpcException" ? e.GetType().GetProperty("Kind")!.GetValue(e)!.ToString() : null;
            if (!target.Refusals.Contains(kind))
            {
                Fail(target, input, kind is null ? e.ToString() : $"IpcException {kind}: {e.Message}");
            }

            return true;
        }
    }

    private void Note(FuzzTarget target, byte[] input, TimeSpan taken, long allocated)
    {
        if (input.Length < SmallInput)
        {
            LargestAllocation = Math.Max(LargestAllocation, allocated);
            if (allocated > MostAllocated)
            {
                Fail(target, input, $"{allocated:N0} bytes were allocated");
            }
        }

        if (taken > MostTime)
        {
            // Once more: the machine may have been busy.
            long start = Stopwatch.GetTimestamp();
            Decode(target, input);
            taken = Stopwatch.GetElapsedTime(start);
            if (taken > MostTime)
            {
                Fail(target, input, $"it took {taken.TotalSeconds:N1} s");
            }
        }

        Longest = taken > Longest ? taken : Longest;
    }

    private void Fail(FuzzTarget target, byte[] input, string what) => Failures.Add($"{target.Name}, {input.Length} bytes {Convert.ToHexString(input)}: {what}");
}
