using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Disconnects this session from servers. Queues and topics stay there, with their messages.</para>
/// </summary>
[Cmdlet(VerbsCommunications.Disconnect, "IpcServer", SupportsShouldProcess = true)]
public sealed class DisconnectIpcServerCommand : IpcCmdlet
{
    /// <summary>The servers: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Server { get; set; } = [];

    /// <summary>Disconnects.</summary>
    protected override void ProcessRecord()
    {
        foreach (object given in Server)
        {
            Try(() => Disconnect(given is PSObject wrapped ? wrapped.BaseObject : given), given is string text && text.Contains("://", StringComparison.Ordinal) ? IpcServers.WithoutPassword(text) : given);
        }
    }

    private void Disconnect(object given)
    {
        if (given is string pattern && WildcardPattern.ContainsWildcardCharacters(pattern))
        {
            var wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase);
            foreach (IpcServer server in IpcServers.All.Where(s => wildcard.IsMatch(s.Name)))
            {
                Disconnect(server);
            }

            return;
        }

        // An address is one that the session is connected to: nothing is connected to be disconnected.
        IpcServer target = given switch
        {
            string address when ServerSettings.IsAddress(address) => IpcServers.All.FirstOrDefault(s => s.Uri == IpcServers.WithoutPassword(address))
                ?? throw new IpcException(IpcErrorKind.NotFound, Messages.ServerNotConnected.With(IpcServers.WithoutPassword(address))),
            string address when address.Contains("://", StringComparison.Ordinal) => ServerArgument.Resolve(address, StopToken),
            string name => IpcServers.All.FirstOrDefault(s => string.Equals(s.Name, IpcName.Check(name), StringComparison.OrdinalIgnoreCase)) ?? ServerArgument.Resolve(name, StopToken),
            IpcServer server => server,
            _ => ServerArgument.Resolve(given, StopToken),
        };
        if (ShouldProcess($"server '{target.Name}'", "Disconnect"))
        {
            target.Dispose();
        }
    }
}
