using System.Globalization;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>A cmdlet that does something to each of some processes of this session.</summary>
public abstract class ProcessCmdlet : IpcCmdlet
{
    /// <summary>The processes: objects, names (with wildcards), or process ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Id", "Job")]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Process { get; set; } = [];

    /// <summary>The processes of the arguments; an error is written for each that is none.</summary>
    private protected List<IpcProcess> Resolve()
    {
        var found = new List<IpcProcess>();
        foreach (object argument in Process)
        {
            Try(() => found.AddRange(Resolve(argument)), argument);
        }

        return found;
    }

    private IpcProcess[] Resolve(object argument)
    {
        object plain = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        if (plain is IpcProcess process)
        {
            return [process];
        }

        IEnumerable<IpcProcess> all = JobRepository.Jobs.OfType<IpcProcess>().OrderBy(p => p.StartTime);
        string text = Convert.ToString(plain, CultureInfo.InvariantCulture) ?? "";
        bool wild = WildcardPattern.ContainsWildcardCharacters(text);
        var pattern = WildcardPattern.Get(text, WildcardOptions.IgnoreCase);
        IpcProcess[] found = plain is int id
            ? all.Where(p => p.ProcessId == id).ToArray()
            : all.Where(p => wild ? pattern.IsMatch(p.Name) : p.Name == text).ToArray();
        return found.Length > 0 || wild
            ? found
            : throw new IpcException(IpcErrorKind.NotFound, Messages.ProcessNotFound.With(text), text);
    }
}
