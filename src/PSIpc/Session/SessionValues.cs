using System.Collections;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The values of variables, serialized for another process, and the warnings about them.</summary>
internal sealed class SessionValues
{
    private static readonly SessionValues Unremarkable = new();

    /// <summary>What the caller should know.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>How many bytes each takes, where that was asked for.</summary>
    public List<(string Name, int Bytes)> Sizes { get; } = [];

    /// <summary>Writes variables to the end of a message; none write nothing. One that cannot be written is left out, with a warning.</summary>
    /// <param name="buffer">The message.</param>
    /// <param name="variables">Names and values.</param>
    /// <param name="wantsSizes">Whether the sizes are asked for.</param>
    public static SessionValues Append(MessageBuffer buffer, IReadOnlyList<KeyValuePair<string, object?>> variables, bool wantsSizes)
    {
        if (variables.Count == 0)
        {
            return Unremarkable;
        }

        WriteOptions options = buffer.Options;
        int start = buffer.Length;
        var bags = new HashSet<string>(StringComparer.Ordinal);
        buffer.Options = options with { BagTypes = bags };
        try
        {
            Write(buffer, variables);
            if (bags.Count == 0 && !wantsSizes && !SessionContents.IsLarge(buffer.Length - start))
            {
                return Unremarkable;
            }
        }
        catch (IpcException)
        {
            // Which one it is, is found out below.
        }
        finally
        {
            buffer.Options = options;
        }

        var values = new SessionValues();
        KeyValuePair<string, object?>[] kept = [.. variables.Where(v => values.LookAt(v.Key, v.Value, options))];
        if (kept.Length < variables.Count)
        {
            buffer.Truncate(start);
            if (kept.Length > 0)
            {
                Write(buffer, kept);
            }
        }

        return values;
    }

    /// <summary>Reads them.</summary>
    public static IReadOnlyList<KeyValuePair<string, object?>> Read(ReadOnlyMemory<byte> bytes) =>
        bytes.IsEmpty ? []
        : PSObjectValue.Unwrap(ScriptValues.Read(IpcSerializers.Get(IpcSerializers.DefaultName), bytes)) is Hashtable table
            ? [.. table.Cast<DictionaryEntry>().Select(static e => new KeyValuePair<string, object?>((string)e.Key, e.Value))]
            : throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolCallInvalid);

    private static void Write(MessageBuffer buffer, IReadOnlyList<KeyValuePair<string, object?>> variables)
    {
        var table = new Hashtable(variables.Count, StringComparer.OrdinalIgnoreCase);
        foreach ((string name, object? value) in variables)
        {
            table[name] = value;
        }

        IpcSerializers.Get(IpcSerializers.DefaultName).Serialize(table, buffer, IpcSerializers.DefaultDepth + 1);
    }

    /// <summary>Notes what is to be said of a variable; false where it cannot be written.</summary>
    private bool LookAt(string name, object? value, WriteOptions options)
    {
        if (PSObjectValue.Unwrap(value) is IIpcObject)
        {
            Sizes.Add((name, 0)); // To write it again could pass it on twice.
            return true;
        }

        var bags = new SortedSet<string>(StringComparer.Ordinal);
        MessageBuffer alone = MessageBuffer.Rent(options with { BagTypes = bags });
        try
        {
            IpcSerializers.Get(IpcSerializers.DefaultName).Serialize(value, alone, IpcSerializers.DefaultDepth);
            Sizes.Add((name, alone.Length));
            if (bags.Count > 0)
            {
                Warnings.Add(Messages.SessionVariableIsBag.With(name, string.Join(", ", bags)));
            }

            if (SessionContents.IsLarge(alone.Length))
            {
                Warnings.Add(Messages.SessionVariableLarge.With(name, ReadableSize.Of(alone.Length)));
            }

            return true;
        }
        catch (IpcException e)
        {
            Warnings.Add(Messages.SessionVariableNotSent.With(name, e.Message));
            return false;
        }
        finally
        {
            alone.Return();
        }
    }
}
