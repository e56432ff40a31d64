using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;

namespace PSIpc;

/// <summary>Reads the names in a script block, a function or a class from its syntax tree: commands that it calls, types, and variables that it reads and never assigns. Cached for each tree.</summary>
internal sealed class NameReading
{
    private static readonly ConditionalWeakTable<Ast, NameReading> Read = [];

    private NameReading(Ast ast)
    {
        var commands = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var types = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var scriptVariables = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var ownCommands = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var ownTypes = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (Ast inner in ast.FindAll(static _ => true, searchNestedScriptBlocks: true))
        {
            switch (inner)
            {
                case CommandAst command:
                    AddCommand(command, commands, types);
                    break;
                case FunctionDefinitionAst function when function != ast && function.Parent is not FunctionMemberAst:
                    ownCommands.Add(PlainName(function.Name));
                    break;
                case TypeDefinitionAst type when type != ast:
                    ownTypes.Add(type.Name);
                    break;
                case TypeExpressionAst expression:
                    AddType(expression.TypeName, types);
                    break;
                case AttributeBaseAst attribute:
                    AddType(attribute.TypeName, types);
                    break;
                case VariableExpressionAst { VariablePath: { IsDriveQualified: true, DriveName: var drive } path } when drive.Equals("function", StringComparison.OrdinalIgnoreCase):
                    commands.Add(path.UserPath[(drive.Length + 1)..]);
                    break;
                case VariableExpressionAst { VariablePath: { IsVariable: true, IsUnscopedVariable: false } path } when (path.IsScript || path.IsGlobal) && !IsSet(inner):
                    scriptVariables.Add(PlainName(path.UserPath));
                    break;
            }
        }

        commands.ExceptWith(ownCommands);
        types.ExceptWith(ownTypes);
        OwnCommands = ownCommands;
        Commands = [.. commands];
        Types = [.. types];
        Variables = ast is TypeDefinitionAst ? [] : BlockReading.Of(ast).FreeVariables;
        scriptVariables.RemoveWhere(BlockReading.IsAutomatic);
        ScriptVariables = [.. scriptVariables];
    }

    /// <summary>Commands that it calls by a constant name, without those that it defines itself.</summary>
    public string[] Commands { get; }

    /// <summary>Functions that it defines.</summary>
    public IReadOnlyCollection<string> OwnCommands { get; }

    /// <summary>Types that it names, without those that it defines itself.</summary>
    public string[] Types { get; }

    /// <summary>Variables that it reads without a scope and never sets.</summary>
    public IReadOnlyList<string> Variables { get; }

    /// <summary>Variables that it reads of the script scope and of the global one.</summary>
    public string[] ScriptVariables { get; }

    /// <summary>Reads a syntax tree.</summary>
    public static NameReading Of(Ast ast) => Read.GetValue(ast, static a => new NameReading(a));

    /// <summary>A name without its scope.</summary>
    public static string PlainName(string name) => name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..];

    private static void AddCommand(CommandAst command, HashSet<string> commands, HashSet<string> types)
    {
        string? name = command.GetCommandName();
        if (string.IsNullOrEmpty(name) || name.Contains('/', StringComparison.Ordinal) || name.StartsWith('.') || WildcardPattern.ContainsWildcardCharacters(name))
        {
            return; // A path, or a name that no lookup takes.
        }

        commands.Add(name);
        if (name.Equals("New-Object", StringComparison.OrdinalIgnoreCase))
        {
            types.UnionWith(command.CommandElements.Skip(1).OfType<StringConstantExpressionAst>().Select(static e => e.Value));
        }
    }

    private static void AddType(ITypeName name, HashSet<string> types)
    {
        switch (name)
        {
            case ArrayTypeName array:
                AddType(array.ElementType, types);
                break;
            case GenericTypeName generic:
                AddType(generic.TypeName, types);
                foreach (ITypeName argument in generic.GenericArguments)
                {
                    AddType(argument, types);
                }

                break;
            default:
                types.Add(name.FullName);
                break;
        }
    }

    private static bool IsSet(Ast variable)
    {
        Ast target = variable;
        while (target.Parent is AttributedExpressionAst or ArrayLiteralAst)
        {
            target = target.Parent;
        }

        return target.Parent is AssignmentStatementAst { Operator: TokenKind.Equals } assignment && assignment.Left == target;
    }
}
