namespace PSIpc;

/// <summary>A class or function of Python that is written by its name.</summary>
internal sealed class PythonName
{
    public const string Latin1 = "latin1";

    public static readonly PythonName Bytes = new("builtins", "bytes");
    public static readonly PythonName ByteArray = new("builtins", "bytearray");
    public static readonly PythonName Set = new("builtins", "set");
    public static readonly PythonName FrozenSet = new("builtins", "frozenset");
    public static readonly PythonName Complex = new("builtins", "complex");
    public static readonly PythonName Encode = new("_codecs", "encode");
    public static readonly PythonName Date = new("datetime", "date");
    public static readonly PythonName Time = new("datetime", "time");
    public static readonly PythonName DateTime = new("datetime", "datetime");
    public static readonly PythonName TimeDelta = new("datetime", "timedelta");
    public static readonly PythonName TimeZone = new("datetime", "timezone");
    public static readonly PythonName Decimal = new("decimal", "Decimal");
    public static readonly PythonName Uuid = new("uuid", "UUID");
    public static readonly PythonName OrderedDict = new("collections", "OrderedDict");

    // NumPy 2 calls the module numpy._core, and keeps this name for pickles.
    public static readonly PythonName NumPyReconstruct = new("numpy.core.multiarray", "_reconstruct");
    public static readonly PythonName NumPyArray = new("numpy", "ndarray");
    public static readonly PythonName NumPyDType = new("numpy", "dtype");

    private PythonName(string module, string name)
    {
        Module = module;
        Name = name;
    }

    public string Module { get; }

    public string Name { get; }

    /// <summary>The module as Python 2 called it, which protocol 2 has.</summary>
    public string Python2Module => Module == "builtins" ? "__builtin__" : Module;
}
