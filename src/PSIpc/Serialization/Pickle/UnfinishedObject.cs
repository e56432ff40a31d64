namespace PSIpc;

/// <summary>An object whose pickle makes it empty, remembers it and fills it afterwards, while .NET makes it in one step: until then this is in its place.</summary>
internal abstract class UnfinishedObject
{
    private long _number = -1;

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
internal sealed class UnfinishedUuid : UnfinishedObject
{
}

/// <summary>A NumPy array to be.</summary>
internal sealed class UnfinishedArray : UnfinishedObject
{
}
