using System.Diagnostics;
using System.Globalization;
using PSIpc.Core.Channels;

namespace PSIpc.Benchmarks;

/// <summary>Two senders and two receivers in four processes, on one small queue, in every way and of every size: each message arrives once, whole, in order.</summary>
internal sealed class StressRun(int seconds)
{
    private const long Capacity = 1 << 16;
    private const int Senders = 2;
    private const int Receivers = 2;

    /// <summary>Runs; false when something was lost, doubled, torn or out of order.</summary>
    public bool Run()
    {
        Figures.Heading($"Stress: {Senders} senders and {Receivers} receivers for {seconds} s");
        using var folder = new RunFolder();
        using SharedQueue queue = SharedQueue.Create("stress", Capacity, directory: folder.Directory);
        Process[] receivers = [.. Enumerable.Range(0, Receivers).Select(i => folder.Start("stress-receive", "stress", 100 + i))];
        Array.ForEach(receivers, r => r.StandardOutput.ReadLine());
        Process[] senders = [.. Enumerable.Range(0, Senders).Select(i => folder.Start("stress-send", "stress", i, seconds))];
        long[] sent = [.. senders.Select(s => long.Parse(s.StandardOutput.ReadToEnd().Split(' ')[1], CultureInfo.InvariantCulture))];
        Array.ForEach(senders, s => s.WaitForExit());
        queue.Close();
        string[][] lines = [.. receivers.SelectMany(r => r.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(l => l.Split(' '))];
        Array.ForEach(receivers, r => r.WaitForExit());

        bool allOnce = true;
        for (int sender = 0; sender < Senders; sender++)
        {
            ulong[][] rows = [.. lines.Where(l => l[0] == "from" && l[1] == $"{sender}").Select(l => l[2..].Select(ulong.Parse).ToArray())];
            ulong n = (ulong)sent[sender];
            bool once = Sum(rows, 0) == n && Sum(rows, 1) == SumBelow(n, i => i) && Sum(rows, 2) == SumBelow(n, i => i * i);
            allOnce &= once;
            Console.WriteLine($"  sender {sender}: sent {n:N0}, received {Sum(rows, 0):N0}, {(once ? "each once" : "NOT EACH ONCE")}");
        }

        long errors = lines.Where(l => l[0] == "errors").Sum(l => long.Parse(l[1], CultureInfo.InvariantCulture));
        Console.WriteLine($"  bytes {lines.Where(l => l[0] == "bytes").Sum(l => long.Parse(l[1], CultureInfo.InvariantCulture)):N0}");
        Console.WriteLine($"  torn or out of order: {errors}");
        Console.WriteLine($"  longest wait of a receiver between two messages: {lines.Where(l => l[0] == "longest").Max(l => int.Parse(l[1], CultureInfo.InvariantCulture))} ms");
        return allOnce && errors == 0 && Array.TrueForAll(sent, n => n > 0);
    }

    private static ulong Sum(ulong[][] rows, int column) => rows.Aggregate(0UL, (sum, row) => sum + row[column]);

    private static ulong SumBelow(ulong n, Func<ulong, ulong> of)
    {
        ulong sum = 0;
        for (ulong i = 0; i < n; i++)
        {
            sum += of(i);
        }

        return sum;
    }
}
