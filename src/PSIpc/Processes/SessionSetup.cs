using System.Collections;
using System.Collections.Specialized;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Text.RegularExpressions;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>What of the caller's session a child process gets before it runs anything: modules, functions, an initialization script.</summary>
internal sealed partial class SessionSetup
{
    /// <summary>Imports a module; an error says which one, since the error of a script in it would not.</summary>
    private const string Import = """
        try { Microsoft.PowerShell.Core\Import-Module -Name $args[0] -ErrorAction Stop }
        catch { $_.ErrorDetails = [Management.Automation.ErrorDetails]::new($args[1].Replace('{0}', "$_")); throw $_ }
        """;

    /// <summary>The parameter by which the engine takes the values of <c>$using:</c>.</summary>
    private const string UsingParameter = "--%";

    // An ErrorRecord's stack is that of where it was thrown, and cannot be given to another.
    private static readonly FieldInfo? StackTraceField = typeof(ErrorRecord).GetField("_scriptStackTrace", BindingFlags.Instance | BindingFlags.NonPublic);

    /// <summary>Names and paths of modules, imported first.</summary>
    public string[] Modules { get; init; } = [];

    /// <summary>Functions of the caller's session: name and definition.</summary>
    public OrderedDictionary Functions { get; init; } = [];

    /// <summary>Runs last, in the scope that scripts see.</summary>
    public string? InitializationScript { get; init; }

    /// <summary>Values of <c>$using:</c> in the initialization script by the key under which the engine looks them up.</summary>
    public Hashtable Using { get; init; } = [];

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => Modules.Length == 0 && Functions.Count == 0 && InitializationScript is null;

    /// <summary>Takes what the parameters of a cmdlet name out of its session.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> for a function that the session does not have.</exception>
    public static SessionSetup From(PSCmdlet caller, string[] modules, string[] functions, ScriptBlock? initializationScript)
    {
        var texts = new OrderedDictionary();
        foreach (FunctionInfo function in functions.SelectMany(name => Find(caller, name)))
        {
            texts[function.Name] = DefinitionOf(function);
        }

        return new SessionSetup
        {
            Modules = Array.ConvertAll(modules, m => Resolve(caller, m)),
            Functions = texts,
            InitializationScript = initializationScript?.ToString(),
            Using = initializationScript is null ? [] : UsingValues.Collect(initializationScript, caller),
        };
    }

    /// <summary>Reads what <see cref="ToData"/> made.</summary>
    public static SessionSetup FromData(object?[] data) => new()
    {
        Modules = (string[])Unwrap(data[0])!,
        Functions = (OrderedDictionary)Unwrap(data[1])!,
        InitializationScript = (string?)Unwrap(data[2]),
        Using = (Hashtable)Unwrap(data[3])!,
    };

    /// <summary>The same as plain data.</summary>
    public object?[] ToData() => [Modules, Functions, InitializationScript, Using];

    /// <summary>Does it in a session.</summary>
    /// <param name="runspace">The session.</param>
    /// <param name="invoke">Invokes a pipeline; whether to go on.</param>
    /// <returns>Whether all of it was done.</returns>
    public bool Apply(Runspace runspace, Func<PowerShell, bool> invoke)
    {
        foreach (string module in Modules)
        {
            using PowerShell import = NewPipeline(runspace).AddScript(Import, useLocalScope: false).AddArgument(module).AddArgument(Messages.ModuleNotImported.With(module, "{0}"));
            if (!invoke(import))
            {
                return false;
            }
        }

        foreach (DictionaryEntry function in Functions)
        {
            using PowerShell define = NewPipeline(runspace).AddScript(function.Value?.ToString() ?? "", useLocalScope: false);
            if (!invoke(define))
            {
                return false;
            }
        }

        if (InitializationScript is null)
        {
            return true;
        }

        using PowerShell initialize = NewPipeline(runspace).AddScript(InitializationScript, useLocalScope: false);
        if (Using.Count > 0)
        {
            initialize.AddParameter(UsingParameter, Using);
        }

        IsInitializing = true;
        bool goesOn = invoke(initialize);
        IsInitializing = false;
        return goesOn;
    }

    /// <summary>Whether the initialization script runs, or has failed.</summary>
    public bool IsInitializing { get; private set; }

    /// <summary>An error that says where it comes from, if it is the initialization script's.</summary>
    /// <param name="error">The error.</param>
    /// <param name="owner">Whose script it is.</param>
    public ErrorRecord Explain(ErrorRecord error, string owner)
    {
        if (!IsInitializing || error.Exception is IpcException)
        {
            return error;
        }

        var explained = new ErrorRecord(
            new RuntimeException(Messages.InitializationScriptFailed.With(owner, error), error.Exception), error.FullyQualifiedErrorId, error.CategoryInfo.Category, error.TargetObject);
        explained.CategoryInfo.Activity = error.CategoryInfo.Activity;
        explained.CategoryInfo.Reason = error.CategoryInfo.Reason;
        explained.CategoryInfo.TargetName = error.CategoryInfo.TargetName;
        explained.CategoryInfo.TargetType = error.CategoryInfo.TargetType;
        StackTraceField?.SetValue(explained, error.ScriptStackTrace);
        return explained;
    }

    /// <summary>The functions of a name, or of a pattern: those of modules need the rest of theirs, so a pattern means the others, and those of the module that calls.</summary>
    private static FunctionInfo[] Find(PSCmdlet caller, string name)
    {
        const CommandTypes Functions = CommandTypes.Function | CommandTypes.Filter;
        FunctionInfo[] found = WildcardPattern.ContainsWildcardCharacters(name)
            ? [.. caller.InvokeCommand.GetCommands(name, Functions, nameIsPattern: true).OfType<FunctionInfo>()
                .Where(f => f.ModuleName is null or "" || f.ModuleName == caller.SessionState.Module?.Name).DistinctBy(f => f.Name, StringComparer.OrdinalIgnoreCase)]
            : caller.InvokeCommand.GetCommand(name, Functions) is FunctionInfo one ? [one] : [];
        return found.Length > 0 ? found : throw new IpcException(IpcErrorKind.NotFound, Messages.FunctionNotFound.With(name), name);
    }

    /// <summary>The function as it is written, so that it keeps its kind, and its name where errors tell of it.</summary>
    private static string DefinitionOf(FunctionInfo function)
    {
        string kind = function is FilterInfo ? "filter" : "function";
        return PlainName().IsMatch(function.Name)
            ? $"{kind} {function.Name} {{{function.Definition}\n}}"
            : $"$ExecutionContext.InvokeProvider.Item.Set('function:global:{CodeGeneration.EscapeSingleQuotedStringContent(function.Name)}', {{{function.Definition}\n}})";
    }

    [GeneratedRegex(@"^[\w.-]+$")]
    private static partial Regex PlainName();

    private static PowerShell NewPipeline(Runspace runspace)
    {
        PowerShell pipeline = PowerShell.Create();
        pipeline.Runspace = runspace;
        return pipeline;
    }

    /// <summary>A module that the session has loaded is imported from where it was loaded; a path is made absolute.</summary>
    private static string Resolve(PSCmdlet caller, string module)
    {
        if (module.Contains('/', StringComparison.Ordinal) || module.Contains('\\', StringComparison.Ordinal))
        {
            return caller.SessionState.Path.GetUnresolvedProviderPathFromPSPath(module);
        }

        using var session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        PSModuleInfo? loaded = session.AddCommand("Get-Module").AddParameter("Name", module).Invoke<PSModuleInfo>().FirstOrDefault();
        return loaded is null || loaded.Path is null || !Path.IsPathRooted(loaded.Path) ? module : ManifestOf(loaded);
    }

    private static string ManifestOf(PSModuleInfo module)
    {
        string manifest = Path.Combine(module.ModuleBase, module.Name + ".psd1");
        return File.Exists(manifest) ? manifest : module.Path;
    }
}
