namespace PSIpc;

/// <summary>What went wrong in a native function, by the system's number (errno, or Windows' last error).</summary>
/// <param name="Number">The number; 0 where the function set none.</param>
/// <param name="Message">What the system says about it.</param>
public sealed record NativeError(int Number, string Message)
{
    /// <summary>Number and message.</summary>
    public override string ToString() => $"{Number}: {Message}";
}
