using System.Management.Automation;

namespace PSIpc;

/// <summary>The properties of an object that is being written.</summary>
internal sealed class PropertyFrame
{
    private static readonly string[] ShownOfFiles = ["NameString", "LengthString", "LastWriteTimeString"];

    private readonly List<string> _names = [];
    private readonly List<object?> _values = [];

    public int Count => _names.Count;

    public string Name(int index) => _names[index];

    public object? Value(int index) => _values[index];

    public string[] Names() => [.. _names];

    /// <summary>Reads the properties of an object.</summary>
    public void Fill(PSObject value, bool isCustom)
    {
        if (isCustom && EngineMembers.OwnMembersOf(value) is { } members)
        {
            foreach (PSMemberInfo member in members)
            {
                // A script that looked at an object's pstypenames has left a member of that name in it.
                if (member is PSPropertyInfo property && !(property is PSCodeProperty && ReservedNames.Contains(property.Name)))
                {
                    Add(property);
                }
            }

            return;
        }

        foreach (PSPropertyInfo property in value.Properties)
        {
            if (!ReservedNames.Contains(property.Name))
            {
                Add(property);
            }
        }

        if (!isCustom && value.BaseObject is FileSystemInfo)
        {
            AddHidden(value);
        }
    }

    public void Clear()
    {
        _names.Clear();
        _values.Clear();
    }

    /// <summary>Adds what PowerShell's view of files shows and hides from enumeration; its remoting sends them too.</summary>
    private void AddHidden(PSObject file)
    {
        foreach (string name in ShownOfFiles)
        {
            if (file.Properties[name] is { } property)
            {
                Add(property);
            }
        }
    }

    /// <summary>Adds a property.</summary>
    public void Add(string name, object? value)
    {
        _names.Add(name);
        _values.Add(value);
    }

    private void Add(PSPropertyInfo property) => Add(property.Name, PropertyReader.ValueOf(property));
}
