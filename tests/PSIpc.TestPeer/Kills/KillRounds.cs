using System.Diagnostics;
using PSIpc.Core.Segments;

namespace PSIpc.TestPeer.Kills;

/// <summary>Kills processes that own primitives, at random moments, and sees when and how the next waiter gets what they had. One victim owns all that are asked for, each on a thread of its own.</summary>
internal static class KillRounds
{
    /// <summary>Long enough for anything that does not hang.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private const int LatestMicroseconds = 5000;

    /// <summary>Kills as many victims; what that showed of each primitive.</summary>
    /// <param name="directory">The folder of what they share.</param>
    /// <param name="program">This program.</param>
    /// <param name="kills">How many.</param>
    /// <param name="primitives">Of <see cref="Survivor.All"/>.</param>
    /// <exception cref="InvalidOperationException">A primitive was not as it should be.</exception>
    public static IReadOnlyList<KillFigures> Run(IpcDirectory directory, string program, int kills, params string[] primitives)
    {
        Survivor[] survivors = [.. primitives.Select(p => Survivor.Of(p, directory, isVictim: false))];
        var waits = new TimeSpan[primitives.Length][];
        for (int i = 0; i < primitives.Length; i++)
        {
            waits[i] = new TimeSpan[kills];
        }

        var random = new Random(1);
        for (int kill = 0; kill < kills; kill++)
        {
            Array.ForEach(survivors, s => s.Begin());
            TimeSpan[] longest = KillOne(directory, program, primitives, survivors, kill, random.Next(LatestMicroseconds));
            for (int i = 0; i < primitives.Length; i++)
            {
                waits[i][kill] = longest[i];
                Named(primitives[i], kill, survivors[i].Check);
            }
        }

        var figures = new List<KillFigures>();
        for (int i = 0; i < primitives.Length; i++)
        {
            survivors[i].Dispose();
            Array.Sort(waits[i]);
            figures.Add(new(primitives[i], kills, survivors[i].TakenOver, waits[i][kills / 2], waits[i][^1]));
        }

        return figures;
    }

    /// <summary>A victim: victim SEED PRIMITIVE...</summary>
    public static void Suffer(string[] words, Stream output)
    {
        int seed = int.Parse(words[1], null);
        string[] primitives = words[2..];
        using var running = new CountdownEvent(primitives.Length);
        for (int i = 0; i < primitives.Length; i++)
        {
            Survivor own = Survivor.Of(primitives[i], IpcDirectory.Default, isVictim: true);
            var random = new Random((seed * 31) + i);
            new Thread(() =>
            {
                own.Suffer(random);
                running.Signal();
                while (true)
                {
                    own.Suffer(random);
                }
            }).Start();
        }

        running.Wait();
        output.Write("r"u8);
        Thread.Sleep(Timeout.Infinite);
    }

    private static TimeSpan[] KillOne(IpcDirectory directory, string program, string[] primitives, Survivor[] survivors, int seed, int microseconds)
    {
        KillMoment[] moments = [.. primitives.Select(_ => new KillMoment())];
        Task[] surviving = [.. primitives.Select((p, i) => Task.Factory.StartNew(() => Named(p, seed, () => survivors[i].Survive(moments[i])), TaskCreationOptions.LongRunning))];
        var start = new ProcessStartInfo(program, ["victim", $"{seed}", .. primitives]) { RedirectStandardOutput = true };
        start.Environment[IpcDirectory.Variable] = directory.FullPath;
        // A runtime that is killed leaves its sockets for debuggers in the temporary folder.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using Process victim = Process.Start(start)!;
        if (victim.StandardOutput.BaseStream.ReadByte() != 'r')
        {
            throw new InvalidOperationException("The victim failed.");
        }

        long from = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(from).TotalMicroseconds < microseconds)
        {
            Thread.SpinWait(10);
        }

        Array.ForEach(moments, m => m.Kill());
        victim.Kill();
        victim.WaitForExit();
        Array.ForEach(moments, m => m.Died());
        return Task.WaitAll(surviving, Long) ? [.. moments.Select(m => m.Longest)] : throw new InvalidOperationException(
            $"After kill {seed} the next waiter hangs: {string.Join(", ", primitives.Where((_, i) => !surviving[i].IsCompleted))}.");
    }

    private static void Named(string primitive, int kill, Action work)
    {
        try
        {
            work();
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"{primitive}, kill {kill}: {e.Message}", e);
        }
    }
}
