using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Writes the layouts of the C structures that the session has declared.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "CStruct")]
[OutputType(typeof(CStruct))]
public sealed class GetCStructCommand : IpcCmdlet
{
    /// <summary>The names, with wildcards; by default all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(CStructNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Writes the layouts.</summary>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            CStruct[] found = [.. CStructs.All.Where(s => pattern.IsMatch(s.Name))];
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                Try(() => throw new IpcException(IpcErrorKind.NotFound, Messages.CStructNotFound.With(name), name), name);
            }

            WriteObject(found, enumerateCollection: true);
        }
    }
}
