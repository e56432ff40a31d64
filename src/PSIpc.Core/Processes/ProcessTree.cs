using System.Diagnostics;
using PSIpc.Core.Platforms;
using PSIpc.Core.Segments;

namespace PSIpc.Core.Processes;

/// <summary>A child process and what it starts, as its parent sees it.</summary>
/// <param name="id">The id of the tree: of the link between parent and child, or of no object for a detached child, whose programs no sweep may end.</param>
/// <param name="root">The child.</param>
internal sealed class ProcessTree(Guid id, Process root)
{
    /// <summary>The environment variable that a child is started with: the id of its tree.</summary>
    public const string Variable = IProcessTreePlatform.Variable;

    private readonly int _processId = root.Id;

    /// <summary>Starts a child that is in no tree but its own, whichever this process is in.</summary>
    public static Process StartOutside(ProcessStartInfo info) => Platform.ProcessTrees.StartOutside(() => Process.Start(info)!);

    /// <summary>Kills the child and the programs that it has started.</summary>
    public void Kill()
    {
        try
        {
            Platform.ProcessTrees.Kill(root, id);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Removes what is left of the child, which has ended: the programs that it started, and what one that was killed could not take away itself.</summary>
    /// <param name="keepsPrograms">Whether what it started goes on: it was detached and not killed by this process.</param>
    public void Clear(bool keepsPrograms)
    {
        if (!keepsPrograms)
        {
            Platform.ProcessTrees.KillRest(_processId, id);
        }

        if (root.ExitCode != 0)
        {
            Sweep.Run(IpcDirectory.Default, everything: false);
            RuntimeFiles.Remove(_processId);
        }
    }
}
