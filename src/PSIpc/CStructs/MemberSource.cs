using System.Collections;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The members that a hashtable or an object gives for a structure, by their names in upper or lower case.</summary>
internal readonly struct MemberSource
{
    /// <summary>What PowerShell remoting adds to the objects that it brings.</summary>
    private static readonly HashSet<string?> RemotingNotes = new(["PSComputerName", "RunspaceId", "PSShowComputerName"], StringComparer.OrdinalIgnoreCase);

    private readonly IDictionary? _table;
    private readonly PSObject? _object;
    private readonly bool _isTableExact;

    public MemberSource(PSObject value) => _object = value;

    /// <summary>Looks into a value.</summary>
    /// <param name="value">A hashtable or an object with properties.</param>
    /// <param name="type">The structure, for the message of an error.</param>
    /// <param name="what">What it is for.</param>
    public MemberSource(object? value, CStructType type, string what)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        _table = plain as IDictionary;
        _isTableExact = _table is not null && !IgnoresCase(_table);
        if (_table is null)
        {
            _object = plain is null or string or ValueType or IEnumerable
                ? throw CNumbers.Error(Messages.CStructTakesMembers.With(what.Length == 0 ? "" : $"'{what}': ", type.Title, string.Join(", ", type.Fields.Select(f => f.Name)), plain?.GetType().ToString() ?? "null"))
                : PSObject.AsPSObject(value);
        }
    }

    /// <summary>The value of a member, if there is one.</summary>
    public bool TryGet(string name, out object? value)
    {
        if (_table is null)
        {
            PSPropertyInfo? property = _object!.Properties[name];
            value = property is null ? null : PropertyReader.ValueOf(property);
            return property is not null;
        }

        string key = _isTableExact && !_table.Contains(name)
            ? _table.Keys.OfType<string>().FirstOrDefault(k => string.Equals(k, name, StringComparison.OrdinalIgnoreCase)) ?? name
            : name;
        value = _table[key];
        return value is not null || _table.Contains(key);
    }

    /// <summary>Refuses a hashtable or a custom object with something that the structure does not have. Other objects may have more.</summary>
    public void RequireKnown(CStructType type)
    {
        IEnumerable<string?> names = _table is not null ? _table.Keys.Cast<object>().Select(k => k.ToString())
            : _object!.BaseObject is PSCustomObject ? _object.Properties.Select(p => p.Name)
            : [];
        foreach (string? name in names)
        {
            if (!(_object is not null && RemotingNotes.Contains(name)) && !type.Fields.Any(f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase)))
            {
                throw CNumbers.Error(Messages.CStructHasNoMember.With(type.Title, name, string.Join(", ", type.Fields.Select(f => f.Name))));
            }
        }
    }

    private static bool IgnoresCase(IDictionary table) => table is Hashtable or System.Collections.Specialized.OrderedDictionary
        && table.Count > 0 && table.Keys.OfType<string>().FirstOrDefault() is { } key && table.Contains(key.ToUpperInvariant()) && table.Contains(key.ToLowerInvariant());
}
