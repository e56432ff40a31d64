using System.Management.Automation;
using System.Text.RegularExpressions;
using PSIpc.Help;

namespace PSIpc.Tests;

/// <summary>The pages that help is made of, and the cmdlets that they are about.</summary>
internal static partial class HelpPages
{
    private static readonly Lazy<Dictionary<string, CmdletInfo>> LazyCmdlets = new(FindCmdlets);

    public static string[] Names { get; } = [.. Files("cmdlets").Select(p => Path.GetFileNameWithoutExtension(p))];

    public static string[] Topics { get; } = [.. Files("about").Select(p => Path.GetFileNameWithoutExtension(p))];

    /// <summary>The cmdlets of the module by their names.</summary>
    public static Dictionary<string, CmdletInfo> Cmdlets => LazyCmdlets.Value;

    /// <summary>All text for users: pages, topics, guides and the README.</summary>
    public static IEnumerable<string> AllTexts =>
        [.. Files("cmdlets"), .. Files("about"), .. Directory.GetFiles(Path.Combine(TestPaths.Repository, "docs"), "*.md"), Path.Combine(TestPaths.Repository, "README.md")];

    public static CmdletPage Page(string name) => CmdletPage.Read(PathOf("cmdlets", name));

    public static string Text(string folder, string name) => File.ReadAllText(PathOf(folder, name));

    /// <summary>The blocks of PowerShell in a text, but for those that are marked to be passed over.</summary>
    public static IEnumerable<string> CodeOf(string text) => CodeFence().Matches(text).Select(m => m.Groups["code"].Value);

    [GeneratedRegex(@"^```powershell *\n(?<code>[\s\S]*?)\n```", RegexOptions.Multiline)]
    private static partial Regex CodeFence();

    private static string PathOf(string folder, string name) => Path.Combine(TestPaths.Repository, "docs", folder, name + ".md");

    private static string[] Files(string folder) => [.. Directory.GetFiles(Path.Combine(TestPaths.Repository, "docs", folder), "*.md").Order(StringComparer.Ordinal)];

    private static Dictionary<string, CmdletInfo> FindCmdlets()
    {
        using var session = new PowerShellSession();
        return session.RunCleanly("Get-Command -Module PSIpc -CommandType Cmdlet").Cast<CmdletInfo>().ToDictionary(c => c.Name, StringComparer.OrdinalIgnoreCase);
    }
}
