using System.Management.Automation.Language;

namespace PSIpc.Pester;

/// <summary>Finds the tests of a Pester file without running it.</summary>
internal static class PesterFile
{
    private const string Suffix = ".Tests.ps1";

    /// <summary>Each <c>It</c> of a file: its line, the names of the blocks around it joined by dots, and the condition of its <c>-Skip</c>, if any.</summary>
    /// <exception cref="InvalidDataException">The file is not valid PowerShell.</exception>
    public static IEnumerable<(int Line, string Name, string? SkipCondition)> Tests(string path)
    {
        Ast ast = Parser.ParseFile(path, out _, out ParseError[] errors);
        if (errors.Length > 0)
        {
            throw new InvalidDataException($"{path}, line {errors[0].Extent.StartLineNumber}: {errors[0].Message}");
        }

        return ast.FindAll(static a => a is CommandAst command && command.GetCommandName() == "It", searchNestedScriptBlocks: true)
            .Select(static it => (it.Extent.StartLineNumber, string.Join('.', Blocks((CommandAst)it).Reverse()), SkipCondition((CommandAst)it)));
    }

    /// <summary>The files of a folder, by name.</summary>
    public static IEnumerable<string> In(string folder) => Directory.EnumerateFiles(folder, "*" + Suffix).Order(StringComparer.Ordinal);

    private static string? SkipCondition(CommandAst it) =>
        it.CommandElements.OfType<CommandParameterAst>().FirstOrDefault(static p => p.ParameterName == "Skip")?.Argument?.Extent.Text.Trim('(', ')');

    private static IEnumerable<string> Blocks(CommandAst it)
    {
        for (Ast? ast = it; ast is not null; ast = ast.Parent)
        {
            if (ast is CommandAst command && command.GetCommandName() is "It" or "Context" or "Describe" && ((CommandAst)ast).CommandElements.ElementAtOrDefault(1) is { } name)
            {
                yield return name is StringConstantExpressionAst text ? text.Value : name.Extent.Text.Trim('\'', '"');
            }
        }
    }
}
