using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Lists the shared objects of this user on this machine, after removing what killed processes left.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcObject")]
[OutputType(typeof(SharedObjectInfo))]
public sealed class GetIpcObjectCommand : IpcCmdlet
{
    /// <summary>The names, with wildcards; by default all objects. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(AnyObjectNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Only objects of these kinds.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ObjectKindCompleter))]
    public ObjectKind[]? Kind { get; set; }

    /// <summary>Only objects that no living process has open: persistent objects.</summary>
    [Parameter]
    public SwitchParameter Orphaned { get; set; }

    /// <summary>Only objects that one of these processes has open.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int[]? ProcessId { get; set; }

    /// <summary>Lists the objects.</summary>
    protected override void ProcessRecord() => Try(() =>
    {
        IReadOnlyList<SharedObjectInfo> all = IpcDirectory.Default.List();
        foreach (string name in Name)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            bool wild = WildcardPattern.ContainsWildcardCharacters(name);
            SharedObjectInfo[] found = all
                .Where(o => wild ? pattern.IsMatch(o.Name) : o.Name == name)
                .Where(o => (Kind is null || Kind.Contains(o.Kind)) && (!Orphaned || o.IsOrphaned) && (ProcessId is null || o.AttachedProcesses.Any(ProcessId.Contains)))
                .OrderBy(o => o.Kind).ThenBy(o => o.Name, StringComparer.OrdinalIgnoreCase)
                .ToArray();
            if (found.Length == 0 && !wild)
            {
                WriteError(IpcErrorRecord.From(new IpcException(IpcErrorKind.NotFound, Messages.SharedObjectNotFound.With(name), name)));
            }

            WriteObject(found, enumerateCollection: true);
        }
    });
}
