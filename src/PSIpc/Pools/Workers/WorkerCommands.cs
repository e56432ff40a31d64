using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace PSIpc;

/// <summary>
/// The commands of a worker's session: this module's, without an import. Reading the manifest and the views would take a tenth of a worker's start,
/// and a worker shows nothing; a script that imports the module gets all of it.
/// </summary>
internal static class WorkerCommands
{
    /// <summary>Adds them to a session that is to be opened.</summary>
    public static void AddTo(InitialSessionState state)
    {
        foreach (Type type in typeof(WorkerCommands).Assembly.GetTypes())
        {
            if (typeof(Cmdlet).IsAssignableFrom(type) && !type.IsAbstract && type.GetCustomAttribute<CmdletAttribute>() is { } cmdlet)
            {
                state.Commands.Add(new SessionStateCmdletEntry($"{cmdlet.VerbName}-{cmdlet.NounName}", type, null));
            }
        }
    }
}
