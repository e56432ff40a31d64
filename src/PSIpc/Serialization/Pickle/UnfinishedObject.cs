namespace PSIpc;

/// <summary>An object whose pickle makes it empty, remembers it and fills it afterwards, while .NET makes it in one step: until then this is in its place.</summary>
/// <param name="global">The name of what it is going to be.</param>
internal abstract class UnfinishedObject(PythonGlobal global)
{
    private long _number = -1;

    /// <summary>The name of what it is going to be.</summary>
    public PythonGlobal Global { get; } = global;

    /// <summary>Notes by which number it is remembered.</summary>
    public void Remember(long number) => _number = number;

    /// <summary>Puts what it has become in its place.</summary>
    public void Finish(PickleMemo memo, object? value, int node)
    {
        if (_number >= 0)
        {
            memo.Replace(_number, value, node);
        }
    }
}

/// <summary>A <c>uuid.UUID</c> to be.</summary>
internal sealed class UnfinishedUuid(PythonGlobal global) : UnfinishedObject(global)
{
}

/// <summary>A NumPy array to be.</summary>
internal sealed class UnfinishedArray(PythonGlobal global) : UnfinishedObject(global)
{
}

/// <summary>A time zone of dateutil to be.</summary>
internal sealed class UnfinishedZone(PythonGlobal global, PythonTuple arguments) : UnfinishedObject(global)
{
    /// <summary>What it was called with.</summary>
    public PythonTuple Arguments { get; } = arguments;
}
