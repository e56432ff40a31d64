using System.Management.Automation;

namespace PSIpc;

/// <summary>Completes names that a command of the session knows.</summary>
public abstract class SessionNameCompleter : NameCompleter
{
    private protected override IEnumerable<CompletionName> Names(CompletionRequest request)
    {
        using var session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        AddQuery(session, request.Start + "*");
        return
        [
            .. session.Invoke()
                .Select(o => o.Properties["Name"]?.Value?.ToString() ?? "")
                .Where(n => n.Length > 0)
                .Distinct(StringComparer.OrdinalIgnoreCase)
                .Order(StringComparer.OrdinalIgnoreCase)
                .Select(n => new CompletionName(n)),
        ];
    }

    /// <summary>Adds the command that asks for the names like a pattern.</summary>
    private protected abstract void AddQuery(PowerShell session, string pattern);
}

/// <summary>Completes the names of functions of this session.</summary>
public sealed class FunctionNameCompleter : SessionNameCompleter
{
    private protected override void AddQuery(PowerShell session, string pattern) => session
        .AddCommand("Get-Command").AddParameter("Name", pattern).AddParameter("CommandType", CommandTypes.Function | CommandTypes.Filter);
}

/// <summary>Completes the names of variables of this session.</summary>
public sealed class VariableNameCompleter : SessionNameCompleter
{
    private protected override void AddQuery(PowerShell session, string pattern) => session.AddCommand("Get-Variable").AddParameter("Name", pattern);
}

/// <summary>Completes the names of modules that can be imported.</summary>
public sealed class ModuleNameCompleter : SessionNameCompleter
{
    private protected override void AddQuery(PowerShell session, string pattern) => session
        .AddCommand("Get-Module").AddParameter("Name", pattern).AddParameter("ListAvailable");
}
