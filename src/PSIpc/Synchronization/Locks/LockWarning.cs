using System.Management.Automation;

namespace PSIpc;

/// <summary>Tells that a lock was taken over from a process that died with it.</summary>
internal static class LockWarning
{
    /// <summary>Writes the warning, if it is due.</summary>
    public static void WriteIfAbandoned(Cmdlet cmdlet, IpcLock target)
    {
        if (target.Abandoned)
        {
            cmdlet.WriteWarning($"Lock '{target.Name}' was taken over from a process that ended while it held it. What it guards may be half done.");
        }
    }
}
