using System.Management.Automation;

namespace PSIpc;

/// <summary>A cmdlet that runs a script block in another process, and the parameters that say what of this session that process gets.</summary>
public abstract class SessionCmdlet : IpcCmdlet
{
    /// <summary>Modules that the other process imports first: names, paths, or wildcards, which match modules that this session has loaded.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ModuleNameCompleter))]
    public string[] Module { get; set; } = [];

    /// <summary>Functions of this session to define in the other process, with what they name in turn: names, or wildcards, which match functions that belong to no module. Needed for functions that the script block calls by a name that its text does not contain.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FunctionNameCompleter))]
    public string[] Function { get; set; } = [];

    /// <summary>Variables of this session to set in the other process, as copies: names, or wildcards, which do not match automatic and preference variables.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(VariableNameCompleter))]
    public string[] Variable { get; set; } = [];

    /// <summary>What of this session the other process gets: <c>Named</c>, what the text of the script block names (functions, aliases, classes, modules, variables, and what these name in turn), or <c>None</c>, only what parameters and <c>$using:</c> say. A script file (<c>-FilePath</c>) gets nothing. New-ProcessPool reads the initialization script; script blocks of calls have their own.</summary>
    [Parameter]
    public SessionTransfer Session { get; set; }

    /// <summary>What these parameters ask for.</summary>
    /// <param name="prepared">Names that the other process defines itself.</param>
    /// <param name="values">Values that are passed to it: script blocks among them name things, too.</param>
    private protected SessionRequest Request(PreparedNames prepared, IEnumerable<object?>? values = null) => new()
    {
        Transfer = Session,
        Functions = Function,
        Modules = Module,
        Variables = Variable,
        Prepared = prepared,
        Values = values ?? [],
    };
}
