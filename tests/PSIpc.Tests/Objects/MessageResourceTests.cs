using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PSIpc.Tests;

/// <summary>The texts of errors and warnings are in one file, and the source uses each as it is meant to be.</summary>
public sealed partial class MessageResourceTests
{
    private const string Class = "Messages";
    private const string Fill = "With";

    private static readonly string SourceFolder = Path.Combine(TestPaths.Repository, "src");

    private static readonly Dictionary<string, string> Texts =
        XDocument.Load(Path.Combine(SourceFolder, "PSIpc.Core", "Errors", "Messages.resx")).Root!
            .Elements("data").ToDictionary(d => (string)d.Attribute("name")!, d => (string)d.Element("value")!, StringComparer.Ordinal);

    private static readonly SyntaxNode[] Files =
    [
        .. Directory.GetFiles(SourceFolder, "*.cs", SearchOption.AllDirectories)
            .Where(f => !Path.GetRelativePath(SourceFolder, f).Split(Path.DirectorySeparatorChar).Any(folder => folder is "obj" or "bin" or "PSIpc.Host"))
            .Select(f => CSharpSyntaxTree.ParseText(File.ReadAllText(f), path: Path.GetRelativePath(SourceFolder, f)).GetRoot()),
    ];

    /// <summary>Each <c>Messages.Key</c> of the source.</summary>
    private static readonly MemberAccessExpressionSyntax[] Uses =
        [.. Files.SelectMany(f => f.DescendantNodes()).OfType<MemberAccessExpressionSyntax>().Where(m => m.Expression is IdentifierNameSyntax { Identifier.Text: Class })];

    [Fact]
    public void Each_text_is_used_and_no_two_are_the_same()
    {
        Assert.True(Texts.Count > 500, $"Only {Texts.Count} texts were found.");
        Assert.Empty(Texts.Keys.Except(Uses.Select(KeyOf)));
        Assert.Empty(Texts.GroupBy(t => t.Value).Where(same => same.Count() > 1).Select(same => string.Join(" = ", same.Select(t => t.Key))));
    }

    [Fact]
    public void Holes_are_numbered_from_0_without_a_gap()
    {
        Assert.Empty(Texts.Where(t => HolesOf(t.Value).Distinct().Count() != HoleCount(t.Value)).Select(t => t.Key));
    }

    [Fact]
    public void Each_use_gives_as_many_values_as_the_text_has_holes()
    {
        Assert.Empty(Uses.Where(u => ValueCountOf(u) != HoleCount(Texts[KeyOf(u)])).Select(u => $"{PlaceOf(u)}: {KeyOf(u)} has {HoleCount(Texts[KeyOf(u)])} holes, and gets {ValueCountOf(u)} values"));
    }

    [Fact]
    public void No_text_of_an_error_or_a_warning_is_in_the_source()
    {
        ExpressionSyntax[] messages = [.. Files.SelectMany(f => f.DescendantNodes()).Select(MessageOf).OfType<ExpressionSyntax>()];
        Assert.True(messages.Length > 300, $"Only {messages.Length} messages were found.");
        Assert.Empty(messages.SelectMany(Alternatives).Where(IsText).Select(m => $"{PlaceOf(m)}: {m}"));
    }

    /// <summary>A message is a sentence or more: it begins large and ends with a full stop, a closed bracket, or a text of the system. A reason is a clause that a message holds.</summary>
    [Fact]
    public void Messages_are_sentences()
    {
        string[] keys =
        [
            .. Files.SelectMany(f => f.DescendantNodes()).Select(MessageOf).OfType<ExpressionSyntax>().SelectMany(Alternatives)
                .SelectMany(m => Uses.Where(u => u == m || (m as InvocationExpressionSyntax)?.Expression is MemberAccessExpressionSyntax { Name.Identifier.Text: Fill } fill && fill.Expression == u))
                .Select(KeyOf).Distinct(),
        ];
        Assert.True(keys.Length > 250, $"Only {keys.Length} messages were found.");
        Assert.Empty(keys.Where(k => !IsReason(k) && !Sentence().IsMatch(Texts[k])).Select(k => $"{k}: {Texts[k]}"));
        Assert.Empty(Texts.Where(t => IsReason(t.Key) && !Clause().IsMatch(t.Value)).Select(t => $"{t.Key}: {t.Value}"));
    }

    private static string KeyOf(MemberAccessExpressionSyntax use) => use.Name.Identifier.Text;

    private static bool IsReason(string key) => key.StartsWith("Reason", StringComparison.Ordinal);

    private static string PlaceOf(SyntaxNode node) => $"{node.SyntaxTree.FilePath}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";

    private static IEnumerable<int> HolesOf(string text) =>
        Hole().Matches(text.Replace("{{", "", StringComparison.Ordinal).Replace("}}", "", StringComparison.Ordinal)).Select(h => int.Parse(h.Groups["number"].Value, null));

    private static int HoleCount(string text) => HolesOf(text).DefaultIfEmpty(-1).Max() + 1;

    /// <summary>How many values a text gets, where it is itself or one branch of a conditional that <c>With</c> follows; 0 without it.</summary>
    private static int ValueCountOf(MemberAccessExpressionSyntax use)
    {
        SyntaxNode at = use;
        while (at.Parent is ParenthesizedExpressionSyntax || (at.Parent is ConditionalExpressionSyntax choice && choice.Condition != at))
        {
            at = at.Parent;
        }

        return at.Parent is MemberAccessExpressionSyntax { Name.Identifier.Text: Fill, Parent: InvocationExpressionSyntax call } ? call.ArgumentList.Arguments.Count : 0;
    }

    /// <summary>The text that a new exception or a warning is given; null for what is neither.</summary>
    private static ExpressionSyntax? MessageOf(SyntaxNode node) => node switch
    {
        InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "WriteWarning" } or MemberAccessExpressionSyntax { Name.Identifier.Text: "WriteWarning" } } warning =>
            warning.ArgumentList.Arguments[0].Expression,
        BaseObjectCreationExpressionSyntax { ArgumentList.Arguments: { Count: > 0 } arguments } made when TypeOf(made) is string type && type.EndsWith("Exception", StringComparison.Ordinal) =>
            type switch
            {
                "IpcException" => arguments.Count > 1 ? arguments[1].Expression : null,
                "ArgumentOutOfRangeException" => arguments[^1].Expression,
                "ArgumentNullException" or "ObjectDisposedException" => null,
                _ => arguments[0].Expression,
            },
        _ => null,
    };

    /// <summary>The type that an expression makes: for <c>new(...)</c> that of the method, or of the exception whose first argument is a kind of error.</summary>
    private static string? TypeOf(BaseObjectCreationExpressionSyntax made) =>
        made is ObjectCreationExpressionSyntax named ? named.Type.ToString().Split('.')[^1]
        : made.ArgumentList!.Arguments[0].Expression is MemberAccessExpressionSyntax kind && kind.Expression.ToString().EndsWith("IpcErrorKind", StringComparison.Ordinal) ? "IpcException"
        : made.Ancestors().OfType<MemberDeclarationSyntax>().First() is MethodDeclarationSyntax method && method.ExpressionBody?.Expression == made ? method.ReturnType.ToString()
        : null;

    /// <summary>What an expression may be: both branches of a conditional, all arms of a switch, both sides of a sum.</summary>
    private static IEnumerable<ExpressionSyntax> Alternatives(ExpressionSyntax text) => text switch
    {
        ParenthesizedExpressionSyntax inner => Alternatives(inner.Expression),
        ConditionalExpressionSyntax choice => Alternatives(choice.WhenTrue).Concat(Alternatives(choice.WhenFalse)),
        SwitchExpressionSyntax choice => choice.Arms.SelectMany(a => Alternatives(a.Expression)),
        BinaryExpressionSyntax both => Alternatives(both.Left).Concat(Alternatives(both.Right)),
        _ => [text],
    };

    private static bool IsText(ExpressionSyntax text) => text is InterpolatedStringExpressionSyntax or LiteralExpressionSyntax { Token.ValueText.Length: > 0 };

    [GeneratedRegex(@"\{(?<number>\d+)(?:,-?\d+)?(?::[^{}]*)?\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"^(\p{Lu}|'|-|\{).*([.)?:-]|\})$")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"^[\p{Ll}_{].*[^.]$")]
    private static partial Regex Clause();
}
