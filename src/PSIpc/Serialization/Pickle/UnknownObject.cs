using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// Objects of classes that are not on the list, where -AllowUnknown takes them for data: PSCustomObjects whose first type name is the class's. What their class was called with
/// is Item1, Item2 and so on (a named tuple's values), their attributes are properties.
/// </summary>
internal static class UnknownObject
{
    private const string GlobalTypeName = "PSIpc.PythonName";
    private const string CallTypeName = "PSIpc.PythonCall";
    private const string ItemsName = "Items";
    private const string EntriesName = "Entries";
    private const string StateName = "State";

    /// <summary>A class or function that is a value, or one that is called: its module and its name.</summary>
    public static PSObject Describe(PythonGlobal global)
    {
        var made = new PSObject();
        made.TypeNames.Insert(0, GlobalTypeName);
        made.Properties.Add(new PSNoteProperty("Module", global.Module));
        made.Properties.Add(new PSNoteProperty("Name", global.Name));
        return made;
    }

    /// <summary>A call of what is itself the result of a call.</summary>
    public static PSObject DescribeCall(PSObject callable, ReadOnlySpan<object?> arguments)
    {
        PSObject made = Create(CallTypeName, arguments);
        made.Properties.Add(new PSNoteProperty("Callable", callable));
        return made;
    }

    /// <summary>An object of a class, by the class's name.</summary>
    public static PSObject Create(string name, ReadOnlySpan<object?> arguments)
    {
        var made = new PSObject();
        made.TypeNames.Insert(0, name);
        for (int i = 0; i < arguments.Length; i++)
        {
            made.Properties.Add(new PSNoteProperty($"Item{(i + 1).ToString(CultureInfo.InvariantCulture)}", arguments[i]));
        }

        return made;
    }

    /// <summary>Sets the attributes: a dict, or a tuple of one and of another for <c>__slots__</c>. Any other state is the property State.</summary>
    public static void Build(PSObject target, object? state, PickleReader reader)
    {
        IDictionary?[] parts = state switch
        {
            PythonDict attributes => [attributes],
            PythonTuple { Count: 2 } both when both[0] is null or PythonDict && both[1] is null or PythonDict => [both[0] as PythonDict, both[1] as PythonDict],
            _ => [],
        };
        reader.Charge(parts.Sum(p => p?.Count ?? 0));
        if (parts.Length == 0 || !AreProperties(parts.SelectMany(p => p?.Keys.Cast<object>() ?? [])))
        {
            Set(target, StateName, state);
            return;
        }

        foreach (IDictionary? part in parts)
        {
            foreach (DictionaryEntry entry in part ?? new Hashtable())
            {
                Set(target, (string)entry.Key, entry.Value);
            }
        }
    }

    /// <summary>Adds the items of a class that is a list.</summary>
    public static void Append(PSObject target, ReadOnlySpan<object?> items)
    {
        if (target.Properties[ItemsName]?.Value is not List<object?> list)
        {
            list = [];
            Set(target, ItemsName, list);
        }

        list.AddRange(items);
    }

    /// <summary>The entries of a class that is a dict.</summary>
    public static PythonDict Entries(PSObject target)
    {
        if (target.Properties[EntriesName]?.Value is not PythonDict entries)
        {
            entries = [];
            Set(target, EntriesName, entries);
        }

        return entries;
    }

    /// <summary>Whether an object can have properties of these names: texts that differ in more than their case, none of them PowerShell's own.</summary>
    private static bool AreProperties(IEnumerable<object> names)
    {
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return names.All(n => n is string { Length: > 0 } name && !ReservedNames.Contains(name) && known.Add(name));
    }

    private static void Set(PSObject target, string name, object? value)
    {
        target.Properties.Remove(name);
        target.Properties.Add(new PSNoteProperty(name, value));
    }
}
