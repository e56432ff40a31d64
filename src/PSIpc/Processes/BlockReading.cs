using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;

namespace PSIpc;

/// <summary>What a script block takes from around it, as its text says: variables that it reads and never sets, and parameters that only an argument sets.</summary>
/// <remarks>
/// It is read once for each parsed block. A variable counts as set wherever in the block that is: the order of statements is not followed. A block that is passed to a command or kept in a variable
/// may run in the scope around it, as ForEach-Object's does, so what it sets counts around it too; what <c>&amp; { }</c> and functions set stays inside them. Blocks for sessions that get nothing by
/// themselves, such as those of Start-Job, are not read.
/// </remarks>
internal sealed class BlockReading
{
    private static readonly ConditionalWeakTable<Ast, BlockReading> Read = [];

    private BlockReading(Ast ast)
    {
        var root = new Scope();
        var function = ast as FunctionDefinitionAst;
        ScriptBlockAst block = function?.Body ?? (ScriptBlockAst)ast;
        new Visitor(root).VisitRoot(block, function?.Parameters);
        FreeVariables = [.. root.Unresolved];
        SetVariables = root.Names;
        TakesInput = block.ParamBlock?.Parameters.Any(TakesPipelineInput) == true;
        PlainParameters = [.. (block.ParamBlock?.Parameters ?? Enumerable.Empty<ParameterAst>())
            .Where(static p => p.DefaultValue is null && p.StaticType != typeof(SwitchParameter))
            .Select(static p => p.Name.VariablePath.UserPath)];
    }

    /// <summary>Variables that the block reads and that neither it nor the engine sets, in the order in which it reads them.</summary>
    public IReadOnlyList<string> FreeVariables { get; }

    /// <summary>Variables that the block sets in the scope that it runs in.</summary>
    public IReadOnlyCollection<string> SetVariables { get; }

    /// <summary>Its parameters without a default value; switches are not among them.</summary>
    public IReadOnlyList<string> PlainParameters { get; }

    /// <summary>Whether a parameter takes what comes through the pipeline.</summary>
    public bool TakesInput { get; }

    /// <summary>Reads a block.</summary>
    public static BlockReading Of(ScriptBlock block) => Of(block.Ast);

    /// <summary>Reads the syntax tree of a block or a function.</summary>
    public static BlockReading Of(Ast ast) => Read.GetValue(ast, static a => new BlockReading(a));

    /// <summary>Whether a variable is set by the engine, in every session.</summary>
    public static bool IsAutomatic(string name) => Visitor.Automatic.Contains(name);

    private static bool TakesPipelineInput(ParameterAst parameter) => parameter.Attributes.OfType<AttributeAst>().Any(static a => a.NamedArguments.Any(
        static n => n.ArgumentName.StartsWith(nameof(ParameterAttribute.ValueFromPipeline), StringComparison.OrdinalIgnoreCase)));

    /// <summary>A scope of variables: what is set in it, and what is read in it before that is known.</summary>
    private sealed class Scope
    {
        private readonly List<string> _reads = [];
        private readonly List<Scope> _inside = [];

        public HashSet<string> Names { get; } = new(StringComparer.OrdinalIgnoreCase);

        /// <summary>What is read here or further in and is set neither there nor here.</summary>
        public IEnumerable<string> Unresolved => _reads.Concat(_inside.SelectMany(static s => s.Unresolved)).Where(n => !Names.Contains(n)).Distinct(StringComparer.OrdinalIgnoreCase);

        /// <summary>The scope that a block shares its assignments with; null where it keeps them.</summary>
        public Scope? SharedWith { get; private init; }

        public Scope Open(bool shares)
        {
            var inside = new Scope { SharedWith = shares ? this : null };
            _inside.Add(inside);
            return inside;
        }

        public void Set(string name)
        {
            Names.Add(name);
            SharedWith?.Set(name);
        }

        /// <summary>A parameter: set here only, though other variables are shared.</summary>
        public void SetOwn(string name) => Names.Add(name);

        public void ReadVariable(string name) => _reads.Add(name);
    }

    private sealed class Visitor(Scope root) : AstVisitor2
    {
        // Parameters of cmdlets that set a variable by its name.
        private static readonly HashSet<string> Setters = new(StringComparer.OrdinalIgnoreCase)
        {
            "OutVariable", "ov", "ErrorVariable", "ev", "WarningVariable", "wv", "InformationVariable", "iv", "PipelineVariable", "pv", "SessionVariable", "StatusCodeVariable", "ResponseHeadersVariable",
        };

        // Commands whose blocks run in another session.
        private static readonly HashSet<string> Senders = new(StringComparer.OrdinalIgnoreCase)
        {
            "Start-Job", "Start-ThreadJob", "Invoke-Command", "icm",
        };

        // Commands of this module whose blocks run in processes that get what the blocks name.
        private static readonly HashSet<string> PoolCommands = new(StringComparer.OrdinalIgnoreCase) { "Invoke-ProcessPool", "Start-ProcessPoolTask", "Start-IpcProcess", "New-ProcessPool" };

        public static readonly HashSet<string> Automatic = new(StringComparer.OrdinalIgnoreCase)
        {
            "_", "PSItem", "args", "input", "this", "null", "true", "false", "?", "^", "$", "foreach", "switch", "Matches", "Error", "Host", "PID", "PWD", "HOME", "PROFILE", "ShellId", "StackTrace",
            "LASTEXITCODE", "MyInvocation", "PSCmdlet", "PSBoundParameters", "PSCommandPath", "PSScriptRoot", "PSCulture", "PSUICulture", "PSDebugContext", "PSEdition", "PSHOME", "PSVersionTable",
            "PSSenderInfo", "PSStyle", "ExecutionContext", "NestedPromptLevel", "IsCoreCLR", "IsLinux", "IsMacOS", "IsWindows", "EnabledExperimentalFeatures", "ConsoleFileName", "Event", "EventArgs",
            "EventSubscriber", "Sender", "ConfirmPreference", "DebugPreference", "ErrorActionPreference", "ErrorView", "FormatEnumerationLimit", "InformationPreference", "MaximumHistoryCount", "OFS",
            "OutputEncoding", "ProgressPreference", "PSDefaultParameterValues", "PSEmailServer", "PSModuleAutoLoadingPreference", "PSNativeCommandArgumentPassing",
            "PSNativeCommandUseErrorActionPreference", "PSSessionApplicationName", "PSSessionConfigurationName", "PSSessionOption", "Transcript", "VerbosePreference", "WarningPreference",
            "WhatIfPreference", PoolPreference.Variable,
        };

        private Scope _scope = root;

        /// <summary>Reads the outermost block, or the body of a function with the parameters before it.</summary>
        public void VisitRoot(ScriptBlockAst block, IEnumerable<ParameterAst>? parameters)
        {
            AddParameters(_scope, parameters);
            VisitBlock(block);
        }

        /// <summary>Reads a block in the present scope.</summary>
        public void VisitBlock(ScriptBlockAst block)
        {
            foreach (ParameterAst parameter in block.ParamBlock?.Parameters ?? Enumerable.Empty<ParameterAst>())
            {
                _scope.SetOwn(parameter.Name.VariablePath.UserPath);
            }

            block.Visit(this);
        }

        public override AstVisitAction VisitAssignmentStatement(AssignmentStatementAst assignment)
        {
            Assign(assignment.Left);
            assignment.Right.Visit(this);
            return AstVisitAction.SkipChildren;
        }

        public override AstVisitAction VisitUnaryExpression(UnaryExpressionAst expression)
        {
            if (expression.TokenKind is TokenKind.PlusPlus or TokenKind.MinusMinus or TokenKind.PostfixPlusPlus or TokenKind.PostfixMinusMinus)
            {
                Assign(expression.Child);
                return AstVisitAction.SkipChildren;
            }

            return AstVisitAction.Continue;
        }

        public override AstVisitAction VisitForEachStatement(ForEachStatementAst loop)
        {
            Assign(loop.Variable);
            loop.Condition.Visit(this);
            loop.ThrottleLimit?.Visit(this);
            loop.Body.Visit(this);
            return AstVisitAction.SkipChildren;
        }

        public override AstVisitAction VisitDataStatement(DataStatementAst data)
        {
            if (data.Variable is { } name)
            {
                _scope.Set(name);
            }

            return AstVisitAction.Continue;
        }

        public override AstVisitAction VisitParameter(ParameterAst parameter)
        {
            parameter.DefaultValue?.Visit(this);
            return AstVisitAction.SkipChildren;
        }

        public override AstVisitAction VisitUsingExpression(UsingExpressionAst expression) => AstVisitAction.SkipChildren;

        // A method sees the variables of its own and of its class only.
        public override AstVisitAction VisitTypeDefinition(TypeDefinitionAst type) => AstVisitAction.SkipChildren;

        public override AstVisitAction VisitFunctionDefinition(FunctionDefinitionAst function)
        {
            Within(_scope.Open(shares: false), function.Body, function.Parameters);
            return AstVisitAction.SkipChildren;
        }

        public override AstVisitAction VisitScriptBlockExpression(ScriptBlockExpressionAst block)
        {
            bool isCalled = block.Parent is CommandAst command
                && ((command.InvocationOperator == TokenKind.Ampersand && command.CommandElements[0] == block) || PoolCommands.Contains(command.GetCommandName() ?? ""));
            Within(_scope.Open(shares: !isCalled), block.ScriptBlock, null);
            return AstVisitAction.SkipChildren;
        }

        public override AstVisitAction VisitCommand(CommandAst command)
        {
            string name = command.GetCommandName() ?? "";
            bool sends = Senders.Contains(name) || command.CommandElements.Any(static e => e is CommandParameterAst { ParameterName: var p } && p.Equals("Parallel", StringComparison.OrdinalIgnoreCase));
            for (int i = 0; i < command.CommandElements.Count; i++)
            {
                CommandElementAst element = command.CommandElements[i];
                NoteSetter(name, element, i + 1 < command.CommandElements.Count ? command.CommandElements[i + 1] : null, i);
                if (!sends || element is not ScriptBlockExpressionAst)
                {
                    element.Visit(this);
                }
            }

            foreach (RedirectionAst redirection in command.Redirections)
            {
                redirection.Visit(this);
            }

            return AstVisitAction.SkipChildren;
        }

        public override AstVisitAction VisitVariableExpression(VariableExpressionAst variable)
        {
            VariablePath path = variable.VariablePath;
            if (path.IsUnqualified && !Automatic.Contains(path.UserPath))
            {
                _scope.ReadVariable(path.UserPath);
            }

            return AstVisitAction.SkipChildren;
        }

        /// <summary>Notes variables that are set by the left side of an assignment; what it reads of others, such as an index, is read.</summary>
        private void Assign(ExpressionAst target)
        {
            switch (target)
            {
                case VariableExpressionAst variable:
                    if (!variable.VariablePath.IsDriveQualified)
                    {
                        _scope.Set(variable.VariablePath.UserPath[(variable.VariablePath.UserPath.IndexOf(':', StringComparison.Ordinal) + 1)..]);
                    }

                    break;
                case AttributedExpressionAst attributed:
                    Assign(attributed.Child);
                    break;
                case ArrayLiteralAst several:
                    foreach (ExpressionAst one in several.Elements)
                    {
                        Assign(one);
                    }

                    break;
                case ParenExpressionAst { Pipeline: PipelineAst { PipelineElements: [CommandExpressionAst inner] } }:
                    Assign(inner.Expression);
                    break;
                default:
                    target.Visit(this);
                    break;
            }
        }

        /// <summary>Notes a variable that a command sets by its name: Set-Variable x, -OutVariable x.</summary>
        private void NoteSetter(string command, CommandElementAst element, CommandElementAst? next, int position)
        {
            bool setsByName = command.Equals("Set-Variable", StringComparison.OrdinalIgnoreCase) || command.Equals("New-Variable", StringComparison.OrdinalIgnoreCase)
                || command is "sv" or "nv" or "set";
            string? name = element switch
            {
                CommandParameterAst { ParameterName: var p } parameter when Setters.Contains(p)
                    || (setsByName && p.Equals("Name", StringComparison.OrdinalIgnoreCase))
                    || (p.Equals("Variable", StringComparison.OrdinalIgnoreCase) && command is not "") => TextOf((Ast?)parameter.Argument ?? next),
                StringConstantExpressionAst text when setsByName && position == 1 => text.Value,
                _ => null,
            };
            if (name is not null)
            {
                _scope.Set(name.TrimStart('+'));
            }
        }

        private static string? TextOf(Ast? argument) => (argument as StringConstantExpressionAst)?.Value;

        private void Within(Scope scope, ScriptBlockAst block, IEnumerable<ParameterAst>? parameters)
        {
            Scope around = _scope;
            _scope = scope;
            AddParameters(scope, parameters);
            VisitBlock(block);
            _scope = around;
        }

        private void AddParameters(Scope scope, IEnumerable<ParameterAst>? parameters)
        {
            foreach (ParameterAst parameter in parameters ?? [])
            {
                scope.SetOwn(parameter.Name.VariablePath.UserPath);
                parameter.DefaultValue?.Visit(this);
            }
        }
    }
}
