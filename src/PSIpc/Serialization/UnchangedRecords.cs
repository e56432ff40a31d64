using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// Keeps the caller's errors and messages as they are. PowerShell's writer of CliXml adds the properties that it writes of an ErrorRecord, a message or an InvocationInfo to the object
/// itself, as members that stay; here they are removed afterwards.
/// </summary>
internal sealed class UnchangedRecords : IDisposable
{
    private Dictionary<object, HashSet<string>>? _before;

    /// <summary>Notes the members of a record, and of those that it leads to.</summary>
    public void Note(object? value)
    {
        switch (value)
        {
            case ErrorRecord error:
                if (Add(error))
                {
                    Note(error.Exception);
                    Note(error.InvocationInfo);
                    Note(error.TargetObject is PSObject target ? target.BaseObject : error.TargetObject);
                }

                break;
            case Exception exception:
                Note((exception as IContainsErrorRecord)?.ErrorRecord);
                if (exception.InnerException is { } inner)
                {
                    Note(inner);
                }

                break;
            case InformationalRecord message:
                if (Add(message))
                {
                    Note(message.InvocationInfo);
                }

                break;
            case InvocationInfo invocation:
                Add(invocation);
                break;
            default:
                break;
        }
    }

    /// <summary>Removes what was added.</summary>
    public void Dispose()
    {
        foreach ((object record, HashSet<string> before) in _before ?? [])
        {
            PSMemberInfoCollection<PSPropertyInfo> properties = PSObject.AsPSObject(record).Properties;
            foreach (PSPropertyInfo added in properties.Where(p => IsOwn(p) && !before.Contains(p.Name)).ToArray())
            {
                properties.Remove(added.Name);
            }
        }
    }

    private static bool IsOwn(PSPropertyInfo property) => property is PSNoteProperty && property.IsInstance;

    private bool Add(object record)
    {
        _before ??= new Dictionary<object, HashSet<string>>(ReferenceEqualityComparer.Instance);
        return _before.TryAdd(record, [.. PSObject.AsPSObject(record).Properties.Where(IsOwn).Select(p => p.Name)]);
    }
}
