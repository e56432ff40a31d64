using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>Texts for users are in the terms of the field.</summary>
public sealed partial class ProseTests
{
    public static TheoryData<string> Texts =>
        new(HelpPages.AllTexts.Append(Path.Combine(TestPaths.Repository, "src", "PSIpc.Core", "Errors", "Messages.resx")).Select(p => Path.GetRelativePath(TestPaths.Repository, p)));

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_has_none_of_the_phrases_that_sound_translated(string path) =>
        Assert.Empty(Translated().Matches(File.ReadAllText(Path.Combine(TestPaths.Repository, path))).Select(m => m.Value));

    [GeneratedRegex(@"\b([Ww]hoever|[Nn]obody|[Ss]omebody|[Ll]ets? go of|is let in|shall|for ever|(is|are) gone)\b[^.\n]{0,40}")]
    private static partial Regex Translated();
}
