using System.Globalization;
using PSIpc.TestPeer.Kills;

namespace PSIpc.Benchmarks;

/// <summary>Owners killed inside each primitive at random moments: how long until the next waiter has it, and whether all is as it should be.</summary>
internal static class KillsRun
{
    private const double LimitMilliseconds = 200;

    public static bool Run(int kills)
    {
        Console.WriteLine($"kills: {kills:N0} owners of each primitive, killed at random moments; milliseconds from the kill until the next waiter has it");
        Console.WriteLine($"  {"primitive",-16} {"kills",6} {"told: abandoned",16} {"median",9} {"longest",9}");
        bool isMet = true;
        foreach (string primitive in Survivor.All)
        {
            using var folder = new RunFolder();
            try
            {
                KillFigures figures = KillRounds.Run(folder.Directory, Path.Combine(AppContext.BaseDirectory, "PSIpc.TestPeer"), kills, primitive)[0];
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {primitive,-16} {figures.Kills,6} {figures.TakenOver,16} {figures.Median.TotalMilliseconds,9:N1} {figures.Longest.TotalMilliseconds,9:N1}"));
                isMet &= figures.Longest.TotalMilliseconds <= LimitMilliseconds;
            }
            catch (InvalidOperationException e)
            {
                Console.WriteLine($"  {primitive,-16} WRONG: {e.Message}");
                isMet = false;
            }
        }

        Figures.Target($"{LimitMilliseconds} ms, nothing wrong", isMet);
        return isMet;
    }
}
