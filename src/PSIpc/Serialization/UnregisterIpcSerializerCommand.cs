using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a serializer of your own from this session.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Unregister, "IpcSerializer", SupportsShouldProcess = true)]
public sealed class UnregisterIpcSerializerCommand : IpcCmdlet
{
    /// <summary>The names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(OwnSerializerCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Takes the serializers away.</summary>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            if (ShouldProcess(name, "Unregister serializer"))
            {
                Try(
                    () =>
                    {
                        if (!IpcSerializers.Unregister(name))
                        {
                            throw new IpcException(IpcErrorKind.NotFound, Messages.SerializerNotRegistered.With(name), name);
                        }
                    },
                    name);
            }
        }
    }
}
