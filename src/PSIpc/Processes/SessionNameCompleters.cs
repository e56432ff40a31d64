using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSIpc;

/// <summary>Completes the names of functions of this session.</summary>
public sealed class FunctionNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        SessionNames.Complete(wordToComplete, pattern => new Command(pattern));

    private sealed record Command(string Pattern) : SessionNames.IQuery
    {
        public void AddTo(PowerShell session) => session
            .AddCommand("Get-Command").AddParameter("Name", Pattern).AddParameter("CommandType", CommandTypes.Function | CommandTypes.Filter);
    }
}

/// <summary>Completes the names of modules that can be imported.</summary>
public sealed class ModuleNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        SessionNames.Complete(wordToComplete, pattern => new Modules(pattern));

    private sealed record Modules(string Pattern) : SessionNames.IQuery
    {
        public void AddTo(PowerShell session) => session
            .AddCommand("Get-Module").AddParameter("Name", Pattern).AddParameter("ListAvailable");
    }
}

/// <summary>Asks the session that completes for names.</summary>
internal static class SessionNames
{
    /// <summary>What is asked.</summary>
    internal interface IQuery
    {
        /// <summary>Adds the command that asks.</summary>
        void AddTo(PowerShell session);
    }

    /// <summary>The names that begin with a word.</summary>
    public static IEnumerable<CompletionResult> Complete(string? word, Func<string, IQuery> query)
    {
        using var session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        query((word ?? "").Trim('\'', '"') + "*").AddTo(session);
        return session.Invoke()
            .Select(o => o.Properties["Name"]?.Value?.ToString() ?? "")
            .Where(n => n.Length > 0)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase)
            .Select(n => new CompletionResult(n, n, CompletionResultType.ParameterValue, n))
            .ToList();
    }
}
