using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Lists the serializers.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcSerializer")]
[OutputType(typeof(IpcSerializerInfo))]
public sealed class GetIpcSerializerCommand : IpcCmdlet
{
    /// <summary>The names, with wildcards; by default all serializers.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Lists the serializers.</summary>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            IpcSerializerInfo[] found = IpcSerializers.All
                .Where(s => pattern.IsMatch(s.Name))
                .Select(s => new IpcSerializerInfo(s.Name, s.Format, s.Name == IpcSerializers.DefaultName, s.Description))
                .ToArray();
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                Try(() => throw new IpcException(IpcErrorKind.NotFound, Messages.SerializerNotFound.With(name), name), name);
            }

            WriteObject(found, enumerateCollection: true);
        }
    }
}
