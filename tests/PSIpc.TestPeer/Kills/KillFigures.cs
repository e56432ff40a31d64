namespace PSIpc.TestPeer.Kills;

/// <summary>What some kills of the owners of a primitive showed.</summary>
/// <param name="Primitive">The primitive.</param>
/// <param name="Kills">How many.</param>
/// <param name="TakenOver">How often the survivor was told that it took over from a dead owner; always 0 where there is nothing to be told.</param>
/// <param name="Median">From the kill until the survivor had what it waited for.</param>
/// <param name="Longest">The longest of these.</param>
internal sealed record KillFigures(string Primitive, int Kills, int TakenOver, TimeSpan Median, TimeSpan Longest);
