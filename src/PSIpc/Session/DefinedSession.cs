using System.Management.Automation;
using System.Management.Automation.Language;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// Applies the definitions of calls in a worker's session. The definitions of one call are visible at a time: entering a call removes the functions, aliases, classes, variables and namespaces of the
/// former call and restores what they hid. Modules stay loaded.
/// </summary>
internal sealed class DefinedSession
{
    // More than a pool believes that a worker has (WorkerPool.MaxKnownDefinitions).
    private const int MaxKept = 1024;

    private readonly Dictionary<Guid, Entry> _entries = [];
    private readonly Queue<Guid> _order = new();
    private readonly List<(PSVariableIntrinsics Session, string Name, PSVariable? Former, object? Value)> _variables = [];
    private Entry? _entered;
    private Entry? _lastModules;

    /// <summary>The key of the definitions that are visible; no bits for none.</summary>
    public Guid Key => _entered?.Key ?? Guid.Empty;

    /// <summary>The module in which script blocks of the definitions run; null for none.</summary>
    public PSModuleInfo? BlockModule => _entered?.BlockModule;

    /// <summary>The scripts that have defined what is visible.</summary>
    public IEnumerable<Ast> Scripts => _entered?.Scripts.Select(static s => s.Ast) ?? [];

    /// <summary>The using statements that are in effect; empty for none.</summary>
    public string Usings => _entered?.Usings ?? "";

    /// <summary>Keeps definitions that the pool sent.</summary>
    public void Add(Guid key, ReadOnlyMemory<byte> bytes)
    {
        if (key != Guid.Empty && !_entries.ContainsKey(key))
        {
            _entries.Add(key, new Entry(key, SessionDefinitions.FromBytes(bytes)));
            _order.Enqueue(key);
            if (_order.Count > MaxKept)
            {
                _entries.Remove(_order.Dequeue());
            }
        }
    }

    /// <summary>Makes definitions visible, and no others.</summary>
    /// <param name="key">Their key.</param>
    /// <param name="cmdlet">The cmdlet that runs items, in the global scope.</param>
    public void Enter(Guid key, PSCmdlet cmdlet)
    {
        if (Key == key)
        {
            return;
        }

        Leave(cmdlet);
        if (key == Guid.Empty)
        {
            return;
        }

        if (!_entries.TryGetValue(key, out Entry? entry))
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolCallInvalid);
        }

        _entered = entry;
        try
        {
            entry.Enter(cmdlet, importsAgain: entry != _lastModules);
            _lastModules = entry.HasModules ? entry : _lastModules;
        }
        catch
        {
            Leave(cmdlet);
            throw;
        }
    }

    /// <summary>Sets the variables of a call, and no others.</summary>
    public void SetVariables(IReadOnlyList<KeyValuePair<string, object?>> variables, PSCmdlet cmdlet)
    {
        RemoveVariables();
        PSVariableIntrinsics session = BlockModule?.SessionState.PSVariable ?? cmdlet.SessionState.PSVariable;
        foreach ((string name, object? value) in variables)
        {
            // In the scope of the session alone: a module sees the global variables.
            PSVariable? former = session.Get(BlockModule is null ? "global:" + name : "script:" + name);
            object? before = former?.Value; // The engine may give it the new value.
            try
            {
                session.Set(new PSVariable(name, value));
                _variables.Add((session, name, former, before));
            }
            catch (SessionStateUnauthorizedAccessException)
            {
                // An item has made a constant of the name, and so it stays.
            }
        }
    }

    /// <summary>Removes the variables of the last call.</summary>
    public void RemoveVariables()
    {
        foreach ((PSVariableIntrinsics session, string name, PSVariable? former, object? value) in _variables)
        {
            try
            {
                if (former is null)
                {
                    session.Remove(name);
                }
                else
                {
                    former.Value = value;
                    session.Set(former);
                }
            }
            catch (SessionStateUnauthorizedAccessException)
            {
                // Made constant by an item.
            }
        }

        _variables.Clear();
    }

    private void Leave(PSCmdlet cmdlet)
    {
        RemoveVariables();
        _entered?.Leave(cmdlet);
        _entered = null;
    }

    /// <summary>Definitions, and what they have become in this session.</summary>
    private sealed class Entry(Guid key, SessionDefinitions definitions)
    {
        private readonly Dictionary<string, ScriptBlock> _functions = new(StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<string, Type> _types = new(StringComparer.OrdinalIgnoreCase);
        private readonly List<(string Path, object? Former)> _hidden = [];
        private bool _isDefined;
        private bool _hasUsings;

        public Guid Key => key;

        public string Usings => definitions.Usings;

        public PSModuleInfo? BlockModule { get; private set; }

        public List<ScriptBlock> Scripts { get; } = [];

        public bool HasModules => definitions.Modules.Count > 0;

        private bool HasNamesOfTypes => definitions.Usings.Length > 0 || _hasUsings || _types.Count > 0;

        public void Enter(PSCmdlet cmdlet, bool importsAgain)
        {
            CommandInvocationIntrinsics commands = cmdlet.InvokeCommand;
            if (importsAgain || !_isDefined)
            {
                foreach (SessionModule module in definitions.Modules)
                {
                    SessionImport.Import(commands, module);
                }
            }

            if (definitions.BlockModule is { } own && BlockModule is null)
            {
                BlockModule = SessionImport.Import(commands, own);
            }

            ProviderIntrinsics items = cmdlet.InvokeProvider;
            foreach (string function in definitions.Functions)
            {
                Hide(items, "function:" + WildcardPattern.Escape(function));
            }

            if (_isDefined)
            {
                foreach ((string name, ScriptBlock function) in _functions)
                {
                    items.Item.Set("function:global:" + WildcardPattern.Escape(name), function);
                }

                GlobalTypes.Add(cmdlet.SessionState, _types);
            }
            else
            {
                Define(cmdlet, items);
            }

            for (int i = 0; i + 1 < definitions.Aliases.Count; i += 2)
            {
                string path = "alias:" + WildcardPattern.Escape(definitions.Aliases[i]);
                Hide(items, path);
                items.Item.Set(path, definitions.Aliases[i + 1]);
            }

            if (HasNamesOfTypes)
            {
                ResetUsings(cmdlet);
                if (definitions.Usings.Length > 0)
                {
                    commands.InvokeScript(useLocalScope: false, SessionImport.Parse(definitions.Usings, ""), null);
                }

                GlobalTypes.Distinguish(cmdlet.SessionState, [.. _types.Keys, key.ToString()]);
            }
        }

        public void Leave(PSCmdlet cmdlet)
        {
            ProviderIntrinsics items = cmdlet.InvokeProvider;
            foreach ((string path, object? former) in _hidden)
            {
                try
                {
                    if (former is not null)
                    {
                        items.Item.Set(path, former);
                    }
                    else if (items.Item.Exists(path))
                    {
                        items.Item.Remove(path, recurse: false);
                    }
                }
                catch (Exception e) when (e is SessionStateException or ProviderInvocationException or ItemNotFoundException)
                {
                    // An item has made it constant, or removed it.
                }
            }

            _hidden.Clear();
            GlobalTypes.Remove(cmdlet.SessionState, _types);
            if (HasNamesOfTypes)
            {
                ResetUsings(cmdlet);
            }
        }

        private static void ResetUsings(PSCmdlet cmdlet)
        {
            if (!GlobalTypes.TryResetUsings(cmdlet.SessionState))
            {
                cmdlet.InvokeCommand.InvokeScript(useLocalScope: false, SessionImport.Parse(SessionImport.NoUsings, ""), null);
            }
        }

        private void Define(PSCmdlet cmdlet, ProviderIntrinsics items)
        {
            Scripts.Clear();
            foreach (SessionUnit unit in definitions.Units)
            {
                ScriptBlock script = SessionImport.Parse(unit.Text, unit.File);
                _hasUsings |= script.Ast is ScriptBlockAst { UsingStatements.Count: > 0 };
                cmdlet.InvokeCommand.InvokeScript(useLocalScope: false, script, null);
                Scripts.Add(script);
                GlobalTypes.Find(cmdlet.SessionState, script.Ast.FindAll(static a => a is TypeDefinitionAst, searchNestedScriptBlocks: false).Select(static a => ((TypeDefinitionAst)a).Name), _types);
            }

            foreach (string name in definitions.Functions)
            {
                if (FunctionOf(items, "function:" + WildcardPattern.Escape(name)) is { } function)
                {
                    _functions[name] = function;
                }
            }

            _isDefined = true;
        }

        /// <summary>Notes what is at a path before something else is.</summary>
        private void Hide(ProviderIntrinsics items, string path) =>
            _hidden.Add((path, !items.Item.Exists(path) ? null : items.Item.Get(path).FirstOrDefault()?.BaseObject switch
            {
                FunctionInfo function => function.ScriptBlock,
                AliasInfo alias => alias.Definition,
                _ => null,
            }));

        private static ScriptBlock? FunctionOf(ProviderIntrinsics items, string path) =>
            items.Item.Exists(path) ? (items.Item.Get(path).FirstOrDefault()?.BaseObject as FunctionInfo)?.ScriptBlock : null;
    }
}
