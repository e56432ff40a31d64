using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The types of a cmdlet's objects that arrive as property bags, without their methods. Told once a call, where verbose messages are asked for.</summary>
internal sealed class BagReport
{
    private const string Prefix = "Deserialized.";

    private readonly SortedSet<string> _types = new(StringComparer.Ordinal);
    private readonly IpcCmdlet _cmdlet;

    private BagReport(IpcCmdlet cmdlet) => _cmdlet = cmdlet;

    /// <summary>Takes the names of types.</summary>
    public ISet<string> Types => _types;

    /// <summary>The report of a cmdlet; null where nobody would see it.</summary>
    public static BagReport? For(IpcCmdlet cmdlet) => CallerStreams.WantsVerbose(cmdlet) ? new BagReport(cmdlet) : null;

    /// <summary>Looks at an object that came back.</summary>
    public void LookAt(object? arrived)
    {
        if (arrived is PSObject { BaseObject: PSCustomObject } bag && bag.TypeNames is [var type, ..] && type.StartsWith(Prefix, StringComparison.Ordinal))
        {
            _types.Add(type[Prefix.Length..]);
        }
    }

    /// <summary>Tells what there is to tell, once.</summary>
    public void Write()
    {
        if (_types.Count > 0)
        {
            _cmdlet.WriteVerbose(Messages.ObjectsBecomeBags.With(string.Join(", ", _types)));
            _types.Clear();
        }
    }
}
