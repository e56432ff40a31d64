namespace PSIpc.Host.Terminal;

/// <summary>What may stand in place of a part of a line.</summary>
/// <param name="line">The line so far.</param>
/// <param name="cursor">Where in it the user is.</param>
/// <returns>The part's start and length and the texts that may replace it.</returns>
internal delegate (int Start, int Length, IReadOnlyList<string> Texts) Completion(string line, int cursor);
