using System.Collections;

namespace PSIpc;

/// <summary>An environment variable whose value differs from an earlier one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value now; null when it was removed.</param>
internal readonly record struct EnvironmentChange(string Name, string? Value);

/// <summary>The environment variables of this process at one time, without the module's own.</summary>
internal sealed class EnvironmentSnapshot
{
    private const string OwnPrefix = "PSIPC_";

    private static EnvironmentSnapshot? _last;

    private readonly Dictionary<string, string> _values = new(NameComparer);

    private EnvironmentSnapshot(IDictionary variables)
    {
        foreach (DictionaryEntry variable in variables)
        {
            string name = (string)variable.Key;
            if (!IsOwn(name))
            {
                _values[name] = (string)variable.Value!;
            }
        }
    }

    /// <summary>How this system compares the names of variables.</summary>
    public static StringComparer NameComparer { get; } = OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>The variables now. While nothing changes, each call returns the same object.</summary>
    public static EnvironmentSnapshot Now()
    {
        // .NET does not tell when a variable changes, so all of them are read, which takes a few microseconds.
        IDictionary variables = Environment.GetEnvironmentVariables();
        EnvironmentSnapshot? last = Volatile.Read(ref _last);
        if (last is null || !last.Equals(variables))
        {
            last = new EnvironmentSnapshot(variables);
            Volatile.Write(ref _last, last);
        }

        return last;
    }

    /// <summary>The variables that a later snapshot has added, changed or removed.</summary>
    public IReadOnlyList<EnvironmentChange> ChangesTo(EnvironmentSnapshot later)
    {
        if (ReferenceEquals(this, later))
        {
            return [];
        }

        var changes = new List<EnvironmentChange>();
        foreach ((string name, string value) in later._values)
        {
            if (!_values.TryGetValue(name, out string? before) || before != value)
            {
                changes.Add(new EnvironmentChange(name, value));
            }
        }

        foreach (string name in _values.Keys)
        {
            if (!later._values.ContainsKey(name))
            {
                changes.Add(new EnvironmentChange(name, null));
            }
        }

        return changes;
    }

    /// <summary>The variables to set in a process started now so that it begins with this snapshot; null removes a variable.</summary>
    public Hashtable ForNewProcess()
    {
        var variables = new Hashtable();
        foreach (EnvironmentChange change in Now().ChangesTo(this))
        {
            variables[change.Name] = change.Value;
        }

        return variables;
    }

    private static bool IsOwn(string name) => name.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase);

    private bool Equals(IDictionary variables)
    {
        int count = 0;
        foreach (DictionaryEntry variable in variables)
        {
            string name = (string)variable.Key;
            if (IsOwn(name))
            {
                continue;
            }

            if (!_values.TryGetValue(name, out string? value) || value != (string)variable.Value!)
            {
                return false;
            }

            count++;
        }

        return count == _values.Count;
    }
}
