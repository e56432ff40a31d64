using System.ComponentModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PSIpc;

/// <summary>Ends what the module keeps for its sessions when the last of them removes it: the workers of the default pools.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly object Gate = new();
    private static readonly List<WeakReference<Runspace>> Users = [];

    /// <summary>Notes that a session has the module.</summary>
    public void OnImport()
    {
        lock (Gate)
        {
            Forget(null);
            if (Runspace.DefaultRunspace is { } session)
            {
                Users.Add(new WeakReference<Runspace>(session));
            }
        }
    }

    /// <summary>Ends the default pools, unless another session of this process has the module.</summary>
    /// <param name="psModuleInfo">Not used.</param>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        lock (Gate)
        {
            Forget(Runspace.DefaultRunspace);
            if (Users.Count > 0)
            {
                return;
            }
        }

        DefaultPools.End();
    }

    /// <summary>Forgets a session, and those that were closed.</summary>
    private static void Forget(Runspace? session) => Users.RemoveAll(u =>
        !u.TryGetTarget(out Runspace? user) || user == session || user.RunspaceStateInfo.State is not (RunspaceState.BeforeOpen or RunspaceState.Opening or RunspaceState.Opened));
}
