using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Lists the processes that this session started and has not removed.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcProcess", DefaultParameterSetName = NameSet)]
[OutputType(typeof(IpcProcess))]
public sealed class GetIpcProcessCommand : IpcCmdlet
{
    private const string NameSet = "Name";
    private const string IdSet = "Id";

    /// <summary>The names, with wildcards; by default all processes.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The process ids.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int[] Id { get; set; } = [];

    /// <summary>Lists the processes.</summary>
    protected override void ProcessRecord()
    {
        IpcProcess[] all = [.. JobRepository.Jobs.OfType<IpcProcess>().OrderBy(p => p.StartTime)];
        foreach (int id in Id)
        {
            Write(all.Where(p => p.ProcessId == id), $"{id}", required: true);
        }

        foreach (string name in ParameterSetName == NameSet ? Name : [])
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            bool wild = WildcardPattern.ContainsWildcardCharacters(name);
            Write(all.Where(p => wild ? pattern.IsMatch(p.Name) : p.Name == name), name, required: !wild);
        }
    }

    private void Write(IEnumerable<IpcProcess> processes, string what, bool required)
    {
        IpcProcess[] found = [.. processes];
        if (found.Length == 0 && required)
        {
            WriteError(IpcErrorRecord.From(new IpcException(IpcErrorKind.NotFound, Messages.ProcessNotFound.With(what), what)));
        }

        WriteObject(found, enumerateCollection: true);
    }
}
