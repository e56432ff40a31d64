using System.Collections;
using System.Collections.Specialized;
using System.Management.Automation;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>
/// Exchanges the live objects anywhere in plain data for what stands for them, and back. What has none in it is left as it is, not copied.
/// Measures the nesting on the way, since PowerShell's reader refuses what its writer nests too deeply.
/// </summary>
internal sealed class CliXmlReferences
{
    private readonly Dictionary<object, object?> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly int _deepest;
    private int _depth;

    private readonly UnchangedRecords? _records;

    private CliXmlReferences(int deepest, UnchangedRecords? records)
    {
        _deepest = deepest;
        _records = records;
    }

    /// <summary>A value with stand-ins in the place of live objects.</summary>
    /// <param name="value">The value.</param>
    /// <param name="deepest">The most that containers may be nested.</param>
    /// <param name="records">Notes the records that PowerShell's writer would change.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>: nested too deeply.</exception>
    public static object? Replace(object? value, int deepest, UnchangedRecords records) => new CliXmlReferences(deepest, records).Replaced(value);

    /// <summary>A value that was read with live objects in the place of stand-ins.</summary>
    public static object? Restore(object? value)
    {
        var references = new CliXmlReferences(int.MaxValue, null);
        var pending = new Stack<object>();
        object? restored = references.Restored(value, pending);
        while (pending.TryPop(out object? container))
        {
            references.RestoreIn(container, pending);
        }

        return restored;
    }

    private static bool HoldsOnlyValues(object collection) =>
        collection.GetType().GetElementType() is { } element && (element.IsPrimitive || element == typeof(string));

    private object? Replaced(object? value)
    {
        object? plain = Unwrap(value);
        if (plain is IIpcObject live)
        {
            return ReferenceShape.StandInFor(live);
        }

        bool isContainer = plain is PSCustomObject or IDictionary || (plain is ICollection && !HoldsOnlyValues(plain));
        if (!isContainer)
        {
            _records?.Note(plain);
            return value;
        }

        object identity = plain is PSCustomObject ? value! : plain!;
        if (_seen.TryGetValue(identity, out object? seen))
        {
            return seen; // a second path to it, or a cycle, which CliXml keeps
        }

        if (++_depth > _deepest)
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.CliXmlNestedTooDeep.With(_deepest));
        }

        _seen[identity] = value;
        object? replaced = plain switch
        {
            PSCustomObject => ReplacedInObject((PSObject)value!),
            IDictionary table => ReplacedInTable(table, value),
            _ => ReplacedInList((ICollection)plain!, value),
        };
        _seen[identity] = replaced;
        _depth--;
        return replaced;
    }

    private PSObject ReplacedInObject(PSObject value)
    {
        PSObject? copy = null;
        foreach (PSPropertyInfo property in value.Properties)
        {
            object? before = property is PSNoteProperty ? property.Value : null;
            object? after = Replaced(before);
            if (!ReferenceEquals(before, after))
            {
                copy ??= value.Copy();
                copy.Properties[property.Name].Value = after;
            }
        }

        return copy ?? value;
    }

    private object? ReplacedInTable(IDictionary table, object? original)
    {
        IDictionary? copy = null;
        foreach (DictionaryEntry entry in table)
        {
            object? after = Replaced(entry.Value);
            if (!ReferenceEquals(entry.Value, after))
            {
                copy ??= CopyOf(table);
                copy[entry.Key] = after;
            }
        }

        return copy ?? original;
    }

    private static IDictionary CopyOf(IDictionary table)
    {
        if (table is not OrderedDictionary)
        {
            return new Hashtable(table);
        }

        var copy = new OrderedDictionary();
        foreach (DictionaryEntry entry in table)
        {
            copy.Add(entry.Key, entry.Value);
        }

        return copy;
    }

    private object? ReplacedInList(ICollection list, object? original)
    {
        ArrayList? copy = null;
        int i = 0;
        foreach (object? item in list)
        {
            object? after = Replaced(item);
            if (!ReferenceEquals(item, after))
            {
                copy ??= new ArrayList(list);
                copy[i] = after;
            }

            i++;
        }

        return copy ?? original;
    }

    /// <summary>The live object that a value stands for, or the value, whose own values are looked at later: chains of references are as long as their sender likes.</summary>
    private object? Restored(object? value, Stack<object> pending)
    {
        object? plain = Unwrap(value);
        if (plain is not (PSCustomObject or IDictionary or ArrayList))
        {
            return value;
        }

        object identity = plain is PSCustomObject ? value! : plain;
        if (_seen.TryGetValue(identity, out object? seen))
        {
            return seen;
        }

        object? live = ReferenceShape.TryOpen(value);
        _seen[identity] = live ?? value;
        if (live is null)
        {
            pending.Push(value!);
        }

        return live ?? value;
    }

    private void RestoreIn(object container, Stack<object> pending)
    {
        switch (Unwrap(container))
        {
            case ArrayList list:
                for (int i = 0; i < list.Count; i++)
                {
                    list[i] = Restored(list[i], pending);
                }

                break;
            case IDictionary table:
                foreach (object key in table.Keys.Cast<object>().ToArray())
                {
                    table[key] = Restored(table[key], pending);
                }

                break;
            default:
                foreach (PSPropertyInfo property in ((PSObject)container).Properties)
                {
                    object? before = property.Value;
                    object? after = Restored(before, pending);
                    if (!ReferenceEquals(before, after))
                    {
                        property.Value = after;
                    }
                }

                break;
        }
    }
}
