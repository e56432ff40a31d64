using System.Management.Automation;
using System.Management.Automation.Remoting.Internal;
using System.Reflection;

namespace PSIpc;

/// <summary>
/// The collection in which Receive-Job finds the records of all streams of a job in the order in which they were written, with every null of its output.
/// The engine has it for the jobs of Start-Job and has no public way to it: other jobs have one collection for each stream, which Receive-Job writes
/// one after the other and without nulls. Checked with PowerShell 7.4 to 7.6.
/// </summary>
internal static class JobResults
{
    private const BindingFlags Internal = BindingFlags.Instance | BindingFlags.NonPublic;

    // Job.Results and Job.UsesResultsCollection are internal.
    private static readonly Func<Job, PSDataCollection<PSStreamObject>>? Results = typeof(Job)
        .GetProperty(nameof(Results), Internal)?.GetMethod?.CreateDelegate<Func<Job, PSDataCollection<PSStreamObject>>>();

    private static readonly Action<Job, bool>? SetUsed = typeof(Job)
        .GetProperty("UsesResultsCollection", Internal)?.SetMethod?.CreateDelegate<Action<Job, bool>>();

    /// <summary>Has Receive-Job read the collection of a job; null where the engine has none.</summary>
    public static PSDataCollection<PSStreamObject>? Of(Job job)
    {
        if (Results is null || SetUsed is null)
        {
            return null;
        }

        SetUsed(job, true);
        return Results(job);
    }
}
