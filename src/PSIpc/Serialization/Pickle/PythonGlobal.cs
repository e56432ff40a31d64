using System.Collections.Frozen;

namespace PSIpc;

/// <summary>What a name in a pickle stands for here: one of a fixed list of things that data is made of.</summary>
internal enum PythonKind
{
    /// <summary>A class or function that is not on the list; only where that is allowed.</summary>
    Unknown,
    Object,
    Reconstructor,
    NewObject,
    Encode,
    Bytes,
    ByteArray,
    Set,
    FrozenSet,
    Complex,
    Date,
    Time,
    DateTime,
    TimeDelta,
    TimeZone,
    Decimal,
    Uuid,
    OrderedDict,
    NumPyReconstruct,
    NumPyScalar,
    NumPyFromBuffer,
    NumPyArray,
    NumPyDType,

    /// <summary>A built-in class that only names what a defaultdict makes; it is not called.</summary>
    Factory,
    DefaultDict,
    Counter,
    Deque,

    /// <summary><c>getattr</c>, for the one attribute by which zoneinfo's zones are made.</summary>
    GetAttribute,
    ZoneInfo,
    UtcZone,

    /// <summary>A time zone of dateutil, which gets its state afterwards.</summary>
    DateUtilZone,
    PytzZone,
    PytzOffset,

    /// <summary>The base class of time zones, which has nothing of its own.</summary>
    ZoneBase,
}

/// <summary>A name of a module and of something in it, as a pickle has it. It is looked up in this list and nowhere else.</summary>
internal sealed class PythonGlobal
{
    private static readonly FrozenDictionary<string, PythonGlobal> Known = List().ToFrozenDictionary(g => g.FullName, StringComparer.Ordinal);

    private PythonGlobal(string module, string name, PythonKind kind)
    {
        Module = module;
        Name = name;
        Kind = kind;
    }

    public string Module { get; }

    public string Name { get; }

    public PythonKind Kind { get; }

    public string FullName => $"{Module}.{Name}";

    /// <summary>Finds a name.</summary>
    /// <param name="module">The module.</param>
    /// <param name="name">The name in it; may have dots.</param>
    /// <param name="allowUnknown">Whether one that is not on the list is taken for a class of data.</param>
    /// <exception cref="Core.IpcException"><see cref="Core.IpcErrorKind.TypeNotAllowed"/>.</exception>
    public static PythonGlobal Find(string module, string name, bool allowUnknown) =>
        Known.TryGetValue($"{module}.{name}", out PythonGlobal? known) && known.Module == module ? known
        : allowUnknown ? new PythonGlobal(module, name, PythonKind.Unknown)
        : throw PickleErrors.NotAllowed($"{module}.{name}");

    private static IEnumerable<PythonGlobal> List()
    {
        // Python 2's names of the modules are those of protocols 0 to 2.
        foreach (string builtins in new[] { "builtins", "__builtin__" })
        {
            yield return new(builtins, "object", PythonKind.Object);
            yield return new(builtins, "bytes", PythonKind.Bytes);
            yield return new(builtins, "bytearray", PythonKind.ByteArray);
            yield return new(builtins, "set", PythonKind.Set);
            yield return new(builtins, "frozenset", PythonKind.FrozenSet);
            yield return new(builtins, "complex", PythonKind.Complex);
            yield return new(builtins, "getattr", PythonKind.GetAttribute);
            foreach (string factory in new[] { "list", "dict", "tuple", "int", "long", "float", "str", "unicode", "bool" })
            {
                yield return new(builtins, factory, PythonKind.Factory);
            }
        }

        foreach (string copyreg in new[] { "copyreg", "copy_reg" })
        {
            yield return new(copyreg, "_reconstructor", PythonKind.Reconstructor);
            yield return new(copyreg, "__newobj__", PythonKind.NewObject);
        }

        yield return new("_codecs", "encode", PythonKind.Encode);
        yield return new("datetime", "date", PythonKind.Date);
        yield return new("datetime", "time", PythonKind.Time);
        yield return new("datetime", "datetime", PythonKind.DateTime);
        yield return new("datetime", "timedelta", PythonKind.TimeDelta);
        yield return new("datetime", "timezone", PythonKind.TimeZone);
        yield return new("decimal", "Decimal", PythonKind.Decimal);
        yield return new("uuid", "UUID", PythonKind.Uuid);
        yield return new("collections", "OrderedDict", PythonKind.OrderedDict);
        yield return new("collections", "defaultdict", PythonKind.DefaultDict);
        yield return new("collections", "Counter", PythonKind.Counter);
        yield return new("collections", "deque", PythonKind.Deque);
        yield return new("datetime", "tzinfo", PythonKind.ZoneBase);
        yield return new("zoneinfo", "ZoneInfo", PythonKind.ZoneInfo);
        yield return new("zoneinfo", "ZoneInfo._unpickle", PythonKind.ZoneInfo);
        yield return new("dateutil.tz.tz", "tzutc", PythonKind.UtcZone);
        yield return new("dateutil.tz.tz", "tzoffset", PythonKind.DateUtilZone);
        yield return new("dateutil.tz.tz", "tzfile", PythonKind.DateUtilZone);
        yield return new("dateutil.tz.tz", "tzlocal", PythonKind.DateUtilZone);
        yield return new("dateutil.tz.tz", "_ttinfo", PythonKind.Unknown); // In the state of a tzfile, which is not read.
        yield return new("pytz", "_UTC", PythonKind.UtcZone);
        yield return new("pytz", "_p", PythonKind.PytzZone);
        yield return new("pytz", "FixedOffset", PythonKind.PytzOffset);
        yield return new("numpy", "ndarray", PythonKind.NumPyArray);
        yield return new("numpy", "dtype", PythonKind.NumPyDType);

        // NumPy 2 has an underscore.
        foreach (string core in new[] { "numpy.core", "numpy._core" })
        {
            yield return new(core + ".multiarray", "_reconstruct", PythonKind.NumPyReconstruct);
            yield return new(core + ".multiarray", "scalar", PythonKind.NumPyScalar);
            yield return new(core + ".numeric", "_frombuffer", PythonKind.NumPyFromBuffer);
        }
    }
}
