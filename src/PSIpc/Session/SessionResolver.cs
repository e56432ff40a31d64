using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// Finds what the names in script blocks mean in the caller's session, and what these name in turn: functions, aliases and modules by the session's own lookup, classes and enums by
/// their text in the same file.
/// </summary>
/// <param name="caller">The cmdlet in whose session the names are looked up.</param>
internal sealed class SessionResolver(PSCmdlet caller)
{
    private const CommandTypes Kinds = CommandTypes.Alias | CommandTypes.Function | CommandTypes.Filter | CommandTypes.Cmdlet;

    // What each session has from its start.
    private static readonly HashSet<string> InitialFunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        "prompt", "TabExpansion2", "Clear-Host", "cd..", "cd\\", "cd~", "mkdir", "help", "more", "oss", "pause", "Get-Verb", "exec", "ImportSystemModules",
    };

    private static readonly ConditionalWeakTable<ScriptBlockAst, Dictionary<string, TypeDefinitionAst>> KnownTypes = [];

    private static readonly ScriptBlock FindInModule = OwnScript.Parse("param($name) foreach ($found in $ExecutionContext.InvokeCommand.GetCommands($name, 'Alias, Function, Filter, Cmdlet', $false)) { return $found }");

    private readonly Queue<(Ast Ast, PSModuleInfo? Module)> _work = new();
    private readonly HashSet<Ast> _seen = [];
    private readonly Dictionary<string, object?> _lookups = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<(PSModuleInfo Module, string Name)> _moduleLookups = [];
    private readonly Dictionary<string, FunctionInfo> _functions = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _aliases = [];
    private readonly List<SessionModule> _qualified = [];
    private readonly List<SessionModule> _modules = [];
    private readonly List<TypeDefinitionAst> _types = [];
    private readonly List<(string Name, PSModuleInfo? Module)> _unknownTypes = [];
    private readonly Dictionary<string, SessionVariable> _variables = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _warnings = [];
    private readonly string _folder = caller.SessionState.Path.CurrentFileSystemLocation.ProviderPath;
    private PSModuleInfo? _blockModule;
    private string _usings = "";

    /// <summary>Whether what functions name is found, too.</summary>
    public bool Follows { get; init; } = true;

    /// <summary>Functions that the other process has of its own.</summary>
    public IReadOnlyCollection<string> Prepared { get; init; } = [];

    /// <summary>Adds a script block that another process runs; the first one runs there with the using statements of its file.</summary>
    /// <param name="block">The script block.</param>
    /// <param name="isBound">Whether it runs in its module there.</param>
    public void AddBlock(ScriptBlock block, bool isBound)
    {
        PSModuleInfo? module = block.Module;
        _blockModule = isBound && IsImportable(module) ? module : _blockModule;
        if (_work.Count == 0)
        {
            // Those of a block within a block that was sent to this worker are not in its text.
            _usings = ScriptPlacement.UsingsOf(block.Ast, _folder) is { Length: > 0 } usings ? usings : PoolWorker.Current?.DefinedUsings ?? "";
        }

        _work.Enqueue((block.Ast, module == caller.SessionState.Module ? null : module));
    }

    /// <summary>Adds a function by its name, whatever module it is of.</summary>
    public void AddFunction(FunctionInfo function) => Add(function, isAlone: true, null);

    /// <summary>Adds a module to import.</summary>
    public void AddModule(SessionModule module)
    {
        if (!_modules.Contains(module))
        {
            _modules.Add(module);
        }
    }

    /// <summary>Finds all of them.</summary>
    public SessionPlan Resolve()
    {
        do
        {
            while (_work.TryDequeue(out (Ast Ast, PSModuleInfo? Module) next))
            {
                if (_seen.Add(next.Ast))
                {
                    Read(next.Ast, next.Module);
                }
            }

            // A function that was found since may be of the file of a class.
            _unknownTypes.RemoveAll(t => TryAddKnownType(t.Name, t.Module));
        }
        while (_work.Count > 0);

        return new SessionPlan
        {
            Definitions = new SessionDefinitions
            {
                Modules = [.. _qualified.Except(_modules), .. _modules],
                BlockModule = _blockModule is null ? null : ModuleOf(_blockModule),
                Units = Units(),
                Functions = [.. _functions.Keys],
                Aliases = _aliases,
                Usings = _usings,
            },
            TypeNames = [.. _types.Select(static t => t.Name)],
            Variables = [.. _variables.Values],
            BlockModule = _blockModule,
            Lookups = _moduleLookups.Count == 0 ? [.. _lookups] : null,
            Warnings = _warnings,
        };
    }

    /// <summary>The command that a name means in the session of a cmdlet; null for none, without a search for a module or a program.</summary>
    public static CommandInfo? Find(PSCmdlet caller, string name) => caller.InvokeCommand.GetCommands(name, Kinds, nameIsPattern: false).FirstOrDefault();

    /// <summary>What is another object, or another text, as soon as a command is another.</summary>
    public static object? IdentityOf(CommandInfo? command) => command switch
    {
        FunctionInfo function => function.ScriptBlock,
        AliasInfo alias => alias.Definition,
        CmdletInfo cmdlet => cmdlet.Module,
        _ => null,
    };

    /// <summary>A module as other processes import it.</summary>
    public static SessionModule ModuleOf(PSModuleInfo module)
    {
        string manifest = Path.Combine(module.ModuleBase, module.Name + ".psd1");
        return new SessionModule(module.Name, File.Exists(manifest) ? manifest : module.Path);
    }

    /// <summary>Whether a module has a file that is imported.</summary>
    public static bool IsImportable([NotNullWhen(true)] PSModuleInfo? module) => module is { Path.Length: > 0, Name: not "PSIpc" } && Path.IsPathRooted(module.Path) && File.Exists(module.Path);

    private void Read(Ast ast, PSModuleInfo? module)
    {
        NameReading reading = NameReading.Of(ast);
        foreach (string command in reading.Commands)
        {
            Look(command, module);
        }

        foreach (string name in reading.Types)
        {
            AddType(name, ast, module);
        }

        foreach (string variable in reading.Variables)
        {
            _variables.TryAdd(variable, new SessionVariable(variable, IsScript: false, module));
        }

        if (_blockModule is null || ast is not ScriptBlockAst)
        {
            foreach (string variable in reading.ScriptVariables)
            {
                _variables.TryAdd(variable, new SessionVariable(variable, IsScript: true, module));
            }
        }
    }

    private void Look(string name, PSModuleInfo? module)
    {
        CommandInfo? found = null;
        if (module is not null)
        {
            if (!_moduleLookups.Add((module, name)))
            {
                return;
            }

            object? inModule = module.SessionState is null ? null : module.NewBoundScriptBlock(FindInModule).InvokeReturnAsIs(name);
            found = PSObjectValue.Unwrap(inModule) as CommandInfo;
        }
        else if (_lookups.ContainsKey(name))
        {
            return;
        }

        found ??= Find(caller, name);
        if (module is null)
        {
            _lookups[name] = IdentityOf(found);
        }

        switch (found)
        {
            case AliasInfo alias when !IsInitial(alias):
                if (!TryImport(alias, name, alias.Module?.ExportedAliases.ContainsKey(alias.Name) == true))
                {
                    _aliases.AddRange([alias.Name, alias.Definition]);
                    Look(alias.Definition, module);
                }

                break;
            case FunctionInfo function when !(function.Module is null && function.ScriptBlock.File is null && InitialFunctions.Contains(function.Name)):
                if (function.Module != _blockModule || _blockModule is null)
                {
                    if (!TryImport(function, name, function.Module?.ExportedFunctions.ContainsKey(function.Name) == true))
                    {
                        Add(function, isAlone: false, module);
                    }
                }

                break;
            case CmdletInfo cmdlet:
                TryImport(cmdlet, name, isExported: true);
                break;
        }
    }

    /// <summary>Whether an alias is one that each session has from its start.</summary>
    private bool IsInitial(AliasInfo alias) => (alias.Options & (ScopedItemOptions.ReadOnly | ScopedItemOptions.Constant)) != 0
        || ((alias.Options & ScopedItemOptions.AllScope) != 0 && Find(caller, alias.Definition) is null or CmdletInfo);

    /// <summary>Has the module of a command imported; false where it has no file.</summary>
    private bool TryImport(CommandInfo command, string name, bool isExported)
    {
        if (!isExported || !IsImportable(command.Module))
        {
            return command.Module is { Name: "PSIpc" };
        }

        if (!command.Module.Path.StartsWith(ModulesOfEngine(), StringComparison.Ordinal))
        {
            List<SessionModule> modules = name.Contains('\\', StringComparison.Ordinal) ? _qualified : _modules;
            SessionModule module = ModuleOf(command.Module);
            if (!modules.Contains(module))
            {
                modules.Add(module);
            }
        }

        return true;
    }

    /// <summary>The folder of the modules that come with PowerShell, which each process finds.</summary>
    private string ModulesOfEngine() => Path.Combine(caller.SessionState.PSVariable.GetValue("PSHOME") as string ?? AppContext.BaseDirectory, "Modules");

    private void Add(FunctionInfo function, bool isAlone, PSModuleInfo? module)
    {
        if ((!isAlone && Prepared.Contains(function.Name, StringComparer.OrdinalIgnoreCase)) || !_functions.TryAdd(function.Name, function))
        {
            return;
        }

        Ast ast = function.ScriptBlock.Ast;
        PSModuleInfo? own = function.Module == caller.SessionState.Module ? null : function.Module ?? module;
        if (IsImportable(function.Module) && NameReading.Of(ast).ScriptVariables is { Length: > 0 } variables)
        {
            _warnings.Add(Messages.FunctionReadsModuleVariable.With(function.Name, function.Module.Name, string.Join(", ", variables.Select(static v => $"$script:{v}"))));
            foreach (string variable in variables)
            {
                _variables.TryAdd(variable, SessionVariable.NotSent(variable));
            }
        }

        if (Follows)
        {
            _work.Enqueue((ast, own));
        }

        if (isAlone)
        {
            _lookups[function.Name] = IdentityOf(function);
        }
    }

    /// <summary>Adds a class or an enum whose text is in the same file, and what it names.</summary>
    private void AddType(string name, Ast user, PSModuleInfo? module)
    {
        for (Ast? ast = user; ast is not null; ast = ast.Parent)
        {
            if (ast is ScriptBlockAst block && block != user && Definition(block, name) is { } type)
            {
                Add(type, module);
                return;
            }
        }

        _unknownTypes.Add((name, module));
    }

    /// <summary>Adds a class of the file of a function that is sent, or one that was sent to this worker.</summary>
    private bool TryAddKnownType(string name, PSModuleInfo? module)
    {
        foreach (Ast root in _functions.Values.Select(static f => ScriptPlacement.RootOf(f.ScriptBlock.Ast)).Concat(PoolWorker.Current?.DefinedScripts ?? []))
        {
            if (root is ScriptBlockAst block && Definition(block, name) is { } type)
            {
                Add(type, module);
                return true;
            }
        }

        return false;
    }

    private static TypeDefinitionAst? Definition(ScriptBlockAst block, string name) => TypesOf(block).GetValueOrDefault(name);

    private static Dictionary<string, TypeDefinitionAst> TypesOf(ScriptBlockAst block) => KnownTypes.GetValue(block, static b =>
    {
        var types = new Dictionary<string, TypeDefinitionAst>(StringComparer.OrdinalIgnoreCase);
        foreach (TypeDefinitionAst type in b.FindAll(static a => a is TypeDefinitionAst, searchNestedScriptBlocks: false).Cast<TypeDefinitionAst>())
        {
            types[type.Name] = type;
        }

        return types;
    });

    private void Add(TypeDefinitionAst type, PSModuleInfo? module)
    {
        if (_blockModule is not null && type.Extent.File == _blockModule.Path)
        {
            return; // The module defines it there.
        }

        if (!_types.Contains(type))
        {
            _types.Add(type);
            _work.Enqueue((type, module));
        }
    }

    /// <summary>Scripts of classes and functions, one for each file: those of a file that others derive from come before.</summary>
    private List<SessionUnit> Units()
    {
        var byRoot = new Dictionary<Ast, List<Ast>>();
        var units = new List<SessionUnit>();
        var later = new List<SessionUnit>();
        foreach (Ast definition in _types.Concat<Ast>(_functions.Values.Select(ScriptPlacement.DefinitionOf).OfType<Ast>()))
        {
            Ast root = ScriptPlacement.RootOf(definition);
            List<Ast> beside = byRoot.TryGetValue(root, out List<Ast>? known) ? known : byRoot[root] = [];
            if (beside.Exists(d => d.Extent.StartOffset < definition.Extent.EndOffset && definition.Extent.StartOffset < d.Extent.EndOffset))
            {
                later.Add(ScriptPlacement.UnitOf([definition], _folder)); // Within another one.
            }
            else
            {
                beside.Add(definition);
            }
        }

        var done = new HashSet<Ast>();
        void Place(Ast root)
        {
            if (!done.Add(root))
            {
                return;
            }

            foreach (string name in byRoot[root].OfType<TypeDefinitionAst>().SelectMany(static t => NameReading.Of(t).Types))
            {
                if (_types.Find(t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } needed && ScriptPlacement.RootOf(needed) is var other && other != root)
                {
                    Place(other);
                }
            }

            units.Add(ScriptPlacement.UnitOf(byRoot[root], _folder));
        }

        foreach (Ast root in byRoot.Keys)
        {
            Place(root);
        }

        units.AddRange(later);
        units.AddRange(_functions.Values.Where(static f => ScriptPlacement.DefinitionOf(f) is null).Select(f => ScriptPlacement.UnitOf(f, _folder)));
        return units;
    }
}
