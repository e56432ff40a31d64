using System.Text.RegularExpressions;
using PSIpc.Help;

namespace PSIpc.Tests;

/// <summary>The examples of the help run without an error, and show what the pages say that they show.</summary>
[Trait("Tier", "Long")]
public sealed partial class PageExampleTests(PageExamples examples) : IClassFixture<PageExamples>
{
    public static TheoryData<string> Pages => new(HelpPages.Names);

    public static TheoryData<string> Topics => new(HelpPages.Topics);

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_examples_of_a_page_show_what_it_says(string name)
    {
        IReadOnlyList<PageExample> all = HelpPages.Page(name).Examples;
        for (int i = 0; i < all.Count; i++)
        {
            if (all[i].Marks.Length == 0)
            {
                string shown = examples.Output($"{name} {i + 1}");
                Assert.DoesNotContain(PageExamples.Failed, shown, StringComparison.Ordinal);
                bool varies = HelpPages.Text("cmdlets", name).Contains($"{all[i].Code}\n```\n\n```output varies", StringComparison.Ordinal);
                if (all[i].Output is { } output)
                {
                    Assert.Equal(Plain(output, varies), Plain(shown, varies));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Topics))]
    public void The_examples_of_a_topic_run(string name)
    {
        string[] code = [.. HelpPages.CodeOf(HelpPages.Text("about", name))];
        Assert.NotEmpty(code);
        Assert.All(Enumerable.Range(1, code.Length), i => Assert.DoesNotContain(PageExamples.Failed, examples.Output($"{name} {i}"), StringComparison.Ordinal));
    }

    [Fact]
    public void Few_examples_are_marked_not_to_run()
    {
        PageExample[] all = [.. HelpPages.Names.SelectMany(name => HelpPages.Page(name).Examples)];
        Assert.All(all, e => Assert.Contains(e.Marks, (string[])["", "pwsh", "no-run"]));
        Assert.True(all.Count(e => e.Marks == "no-run") * 20 <= all.Length);
    }

    /// <summary>Lines without what is behind them; where an output varies, numbers of two digits and more, and times, are the same.</summary>
    private static string Plain(string text, bool varies)
    {
        string lines = string.Join('\n', text.Split('\n').Select(line => line.TrimEnd())).Trim('\n');
        return varies ? Spaces().Replace(Varying().Replace(lines, "#"), " ") : lines;
    }

    [GeneratedRegex(@"\b\d{2,}\b|\d\d:\d\d:\d\d")]
    private static partial Regex Varying();

    [GeneratedRegex("[ -]+")]
    private static partial Regex Spaces();
}
