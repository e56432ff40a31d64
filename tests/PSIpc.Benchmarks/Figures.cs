using System.Globalization;

namespace PSIpc.Benchmarks;

/// <summary>The median of several runs, and a table of them.</summary>
internal static class Figures
{
    private const int Runs = 5;

    /// <summary>The median of some runs of a measurement.</summary>
    public static double Median(Func<double> measure)
    {
        double[] runs = Enumerable.Range(0, Runs).Select(_ => measure()).Order().ToArray();
        return runs[Runs / 2];
    }

    public static void Heading(string text)
    {
        Console.WriteLine();
        Console.WriteLine(text);
    }

    /// <summary>Writes ours beside the peers', each with how many times better ours is.</summary>
    public static void Row(string what, string unit, bool moreIsBetter, double ours, params (string Name, double? Figure)[] peers)
    {
        Console.WriteLine($"  {what,-34} ours {Text(ours),10} {unit}");
        foreach ((string name, double? figure) in peers)
        {
            string ratio = figure is { } f ? $"{Text(f),10} {unit}   ours is {Text(moreIsBetter ? ours / f : f / ours)} x" : "   not there";
            Console.WriteLine($"    {name,-32}      {ratio}");
        }
    }

    /// <summary>Writes whether a figure reaches what docs/performance.md names as the target.</summary>
    public static void Target(string target, bool isMet) => Console.WriteLine($"    target: {target,-32} {(isMet ? "met" : "NOT MET")}");

    private static string Text(double value) =>
        value.ToString(Math.Abs(value) >= 100 ? "N0" : Math.Abs(value) >= 1 ? "N2" : "N3", CultureInfo.InvariantCulture);
}
