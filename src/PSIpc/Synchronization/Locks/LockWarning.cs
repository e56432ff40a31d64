using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Tells that a lock was taken over from a process that died with it.</summary>
internal static class LockWarning
{
    /// <summary>Writes the warning, if it is due.</summary>
    public static void WriteIfAbandoned(Cmdlet cmdlet, IpcLock target)
    {
        if (target.Abandoned)
        {
            cmdlet.WriteWarning(Messages.LockTakenOver.With(target.ShownName));
        }
    }
}
