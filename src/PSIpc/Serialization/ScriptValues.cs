using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// Script blocks in data that is read. They are texts, since data never becomes code, but for what a worker reads of its own pool: values of <c>$using:</c>, arguments, variables and items of
/// the user whose code it runs.
/// </summary>
internal static class ScriptValues
{
    [ThreadStatic]
    private static bool _areKept;

    /// <summary>Reads an object with script blocks, of the worker's own pool.</summary>
    public static object? Read(IIpcSerializer serializer, ReadOnlyMemory<byte> data)
    {
        bool before = _areKept;
        _areKept = true;
        try
        {
            return serializer.Deserialize(data);
        }
        finally
        {
            _areKept = before;
        }
    }

    /// <summary>What the text of a script block is read as: a script block that is bound to no session, or the text.</summary>
    public static object Of(string text) => _areKept ? ScriptBlock.Create(text) : text;
}
