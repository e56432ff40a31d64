using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using PSIpc.Core;

namespace PSIpc;

/// <summary>A native library that is loaded, for as long as the process lives.</summary>
public sealed class ImportedLibrary
{
    private static readonly ConcurrentDictionary<string, ImportedLibrary> Loaded = new(StringComparer.Ordinal);

    private static readonly Lazy<nint[]> CLibraries = new(static () =>
    [
        .. ((string[])["libc.so.6", "libc", "libSystem.dylib", "ucrtbase", "msvcrt"])
            .Select(static name => NativeLibrary.TryLoad(name, out nint handle) ? handle : 0)
            .Where(static handle => handle != 0),
    ]);

    private readonly ConcurrentDictionary<string, nint> _functions = new(StringComparer.Ordinal);

    private ImportedLibrary(string name, nint handle)
    {
        Name = name;
        Handle = handle;
    }

    /// <summary>The name or path that it was loaded by.</summary>
    public string Name { get; }

    /// <summary>The system's handle of it.</summary>
    public nint Handle { get; }

    /// <summary>Those that this session has loaded.</summary>
    internal static IEnumerable<ImportedLibrary> All => Loaded.Values.OrderBy(l => l.Name, StringComparer.Ordinal);

    /// <summary>Loads a library, once.</summary>
    /// <param name="name">A name that the system finds (<c>libm.so.6</c>), one without its prefix and suffix, or a path.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>: not there, or not one for this system.</exception>
    public static ImportedLibrary Load(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Loaded.GetOrAdd(name, static n => new ImportedLibrary(n, LoadHandle(n)));
    }

    /// <summary>Whether it has a function of this name.</summary>
    /// <param name="function">The name.</param>
    public bool HasFunction(string function) => NativeLibrary.TryGetExport(Handle, function, out _);

    /// <summary>A function, for calls in a loop.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="returnType">The C type of its result.</param>
    /// <param name="argumentTypes">The C types of its arguments.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, <see cref="IpcErrorKind.InvalidDeclaration"/>, <see cref="IpcErrorKind.NotSupported"/>.</exception>
    public NativeFunction GetFunction(string name, string returnType, params string[] argumentTypes) =>
        new(this, name, CTypeName.Parse(returnType), [.. (argumentTypes ?? []).Select(CTypeName.Parse)]);

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    /// <summary>Whether a function is the C library's own, and not another's of the same name.</summary>
    internal static bool IsOfCLibrary(string function, nint address) =>
        Array.Exists(CLibraries.Value, handle => NativeLibrary.TryGetExport(handle, function, out nint its) && its == address);

    /// <summary>The address of a function.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>.</exception>
    internal nint Find(string function)
    {
        if (_functions.TryGetValue(function, out nint known))
        {
            return known;
        }

        return NativeLibrary.TryGetExport(Handle, function, out nint address)
            ? _functions[function] = address
            : throw new IpcException(IpcErrorKind.NotFound, Messages.NativeFunctionNotFound.With(Name, function), function);
    }

    private static nint LoadHandle(string name)
    {
        try
        {
            return NativeLibrary.TryLoad(name, out nint handle) ? handle : NativeLibrary.Load(name, typeof(ImportedLibrary).Assembly, null);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new IpcException(
                IpcErrorKind.NotFound,
                Messages.NativeLibraryNotLoaded.With(name, e.Message.Trim()),
                name,
                e);
        }
    }
}
