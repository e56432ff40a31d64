using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSIpc;

/// <summary>Completes the names of the processes that this session started.</summary>
public sealed class ProcessNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        using var session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        string pattern = (wordToComplete ?? "").Trim('\'', '"') + "*";
        return session.AddCommand("Get-IpcProcess").AddParameter("Name", pattern).Invoke<IpcProcess>()
            .Select(p => new CompletionResult(p.Name, p.Name, CompletionResultType.ParameterValue, $"{p.Name}: process {p.ProcessId}, {p.JobStateInfo.State}"))
            .ToList();
    }
}
