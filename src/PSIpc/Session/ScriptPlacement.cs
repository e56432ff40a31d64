using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;
using System.Text.RegularExpressions;

namespace PSIpc;

/// <summary>Makes scripts that define functions and classes of a session in another process, at the lines and columns of their files, so that errors name these.</summary>
internal static partial class ScriptPlacement
{
    /// <summary>The syntax tree by which a function is defined at its place; null where its text does not define a function of its name.</summary>
    public static FunctionDefinitionAst? DefinitionOf(FunctionInfo function) =>
        function.ScriptBlock.Ast is FunctionDefinitionAst definition && NameReading.PlainName(definition.Name).Equals(function.Name, StringComparison.OrdinalIgnoreCase)
        && !definition.Name.StartsWith("private:", StringComparison.OrdinalIgnoreCase)
            ? definition
            : null;

    /// <summary>The script that defines a function by its body, with its kind and its name where errors tell of it.</summary>
    /// <param name="function">The function.</param>
    /// <param name="folder">The folder that relative paths of using statements without a file start at.</param>
    public static SessionUnit UnitOf(FunctionInfo function, string folder)
    {
        string usings = UsingsOf(function.ScriptBlock.Ast, folder);
        string kind = function is FilterInfo ? "filter" : "function";
        string text = PlainName().IsMatch(function.Name)
            ? $"{kind} {function.Name} {{{function.Definition}\n}}"
            : $"$ExecutionContext.InvokeProvider.Item.Set('function:global:{CodeGeneration.EscapeSingleQuotedStringContent(function.Name)}', {{{function.Definition}\n}})";
        return new SessionUnit(usings.Length == 0 ? text : $"{usings}\n{text}", "");
    }

    /// <summary>The script that defines functions, classes and enums of one file, which are not within one another. Together, so that functions mean the classes beside them.</summary>
    public static SessionUnit UnitOf(IReadOnlyCollection<Ast> definitions, string folder) =>
        Place(UsingsOf(definitions.First(), folder), [.. definitions.Select(static d => d.Extent).OrderBy(static e => e.StartOffset)]);

    /// <summary>The using statements of the file that a syntax tree is of, on one line; empty for none.</summary>
    public static string UsingsOf(Ast ast, string folder)
    {
        Ast root = RootOf(ast);
        return root is ScriptBlockAst { UsingStatements.Count: > 0 } script ? string.Join("; ", script.UsingStatements.Select(u => TextOf(u, folder))) : "";
    }

    /// <summary>The outermost syntax tree: that of the file, or of the text that was typed.</summary>
    public static Ast RootOf(Ast ast)
    {
        Ast root = ast;
        while (root.Parent is not null)
        {
            root = root.Parent;
        }

        return root;
    }

    private static SessionUnit Place(string usings, IReadOnlyList<IScriptExtent> extents)
    {
        var text = new StringBuilder(usings);
        bool keepsPlace = usings.Length == 0 || extents[0].StartLineNumber > 1;
        if (!keepsPlace)
        {
            return new SessionUnit(text.Append('\n').AppendJoin('\n', extents.Select(static e => e.Text)).ToString(), "");
        }

        int line = 1;
        int column = 1;
        foreach (IScriptExtent extent in extents)
        {
            column = extent.StartLineNumber > line ? 1 : column;
            text.Append('\n', extent.StartLineNumber - line).Append(' ', extent.StartColumnNumber - column).Append(extent.Text);
            (line, column) = (extent.EndLineNumber, extent.EndColumnNumber);
        }

        return new SessionUnit(text.ToString(), extents[0].File ?? "");
    }

    /// <summary>The statement, with an absolute path where it has a relative one.</summary>
    private static string TextOf(UsingStatementAst statement, string folder)
    {
        if (statement.UsingStatementKind is not (UsingStatementKind.Module or UsingStatementKind.Assembly) || statement.Name is not { Value: var name }
            || !(name.StartsWith('.') || name.Contains('/', StringComparison.Ordinal) || name.Contains('\\', StringComparison.Ordinal)))
        {
            return statement.Extent.Text.TrimEnd(';');
        }

        string start = statement.Extent.File is { Length: > 0 } file ? Path.GetDirectoryName(file) ?? folder : folder;
        string path = Path.GetFullPath(name.Replace('\\', Path.DirectorySeparatorChar), start);
        string kind = statement.UsingStatementKind == UsingStatementKind.Module ? "module" : "assembly";
        return $"using {kind} '{CodeGeneration.EscapeSingleQuotedStringContent(path)}'";
    }

    [GeneratedRegex(@"^[\w.-]+$")]
    private static partial Regex PlainName();
}
