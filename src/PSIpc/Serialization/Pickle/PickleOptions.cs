namespace PSIpc;

/// <summary>How pickles are written and read.</summary>
/// <param name="Protocol">The protocol that is written, 2 to 5; Python 3.8 and later read all of them, Python 3.4 up to 4, Python 2 only 2.</param>
/// <param name="NumPy">Whether .NET arrays of numbers are written as NumPy arrays, which only a Python that has NumPy can read; else as lists.</param>
/// <param name="AllowUnknown">Whether objects of classes that are not on the list are read as data, PSCustomObjects with the class's name; else they are refused.</param>
internal sealed record PickleOptions(int Protocol = PickleOptions.DefaultProtocol, bool NumPy = false, bool AllowUnknown = false)
{
    /// <summary>The lowest protocol that is written.</summary>
    public const int LowestProtocol = 2;

    /// <summary>The highest protocol that is written and read.</summary>
    public const int HighestProtocol = 5;

    /// <summary>What Python 3.8 to 3.13 write by default.</summary>
    public const int DefaultProtocol = 4;
}
