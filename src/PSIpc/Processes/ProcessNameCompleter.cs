using System.Globalization;
using System.Management.Automation;

namespace PSIpc;

/// <summary>Completes the names of the processes that this session started.</summary>
public class ProcessNameCompleter : NameCompleter
{
    private protected override IEnumerable<CompletionName> Names(CompletionRequest request)
    {
        using var session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        return [.. session.AddCommand("Get-IpcProcess").Invoke<IpcProcess>().Select(p => new CompletionName(NameOf(p), $"{p.Name}: process {p.ProcessId}, {p.JobStateInfo.State}"))];
    }

    private protected virtual string NameOf(IpcProcess process) => process.Name;
}

/// <summary>Completes the ids of the processes that this session started.</summary>
public sealed class ProcessIdCompleter : ProcessNameCompleter
{
    private protected override string NameOf(IpcProcess process) => process.ProcessId.ToString(CultureInfo.InvariantCulture);
}
