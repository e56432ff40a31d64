using System.Diagnostics;

namespace PSIpc.Core.Platforms;

/// <summary>A child process and the programs that it starts, and these start in turn: its tree, which ends with it.</summary>
/// <remarks>
/// A child is started with the variable <see cref="Variable"/>, whose value is an id that no other child ever has. What it starts inherits the variable, so a process is known as part of a tree
/// by that id and never by a process id, which the system uses again.
/// </remarks>
internal interface IProcessTreePlatform
{
    /// <summary>The environment variable that names the tree of a process: 32 hexadecimal digits.</summary>
    const string Variable = "PSIPC_TREE";

    /// <summary>Makes this process the root of a tree, where the system has to be told. To be called before it starts any program.</summary>
    void BecomeRoot();

    /// <summary>Starts a child that does not belong to the tree of this process.</summary>
    /// <param name="start">Starts it.</param>
    Process StartOutside(Func<Process> start);

    /// <summary>Kills a child and the programs that it has started.</summary>
    /// <param name="root">The child.</param>
    /// <param name="tree">The id of its tree.</param>
    /// <exception cref="InvalidOperationException">The child has ended.</exception>
    void Kill(Process root, Guid tree);

    /// <summary>Kills what is left of a tree, but not this process.</summary>
    /// <param name="root">The process id of the root, which has ended or is this process; 0 where it is not known.</param>
    /// <param name="tree">The id of the tree.</param>
    void KillRest(int root, Guid tree);
}
