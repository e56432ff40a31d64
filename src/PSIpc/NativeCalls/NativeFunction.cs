using PSIpc.Core;

namespace PSIpc;

/// <summary>A function of a native library with its types, to be called in a loop: <c>$library.GetFunction('cos', 'double', 'double').Invoke(0.5)</c>.</summary>
public sealed unsafe class NativeFunction
{
    private const int LargestResult = 1 << 20;

    private static readonly CValueWriter Writer = new(isBigEndian: false);

    // Of the C library. A variadic call passes arguments otherwise than others on some systems, and says how many are in registers on the rest.
    private static readonly HashSet<string> Variadic = new(
        [
            "printf", "fprintf", "sprintf", "snprintf", "dprintf", "asprintf", "wprintf", "fwprintf", "swprintf", "scanf", "fscanf", "sscanf", "wscanf", "fwscanf", "swscanf",
            "open", "open64", "openat", "openat64", "fcntl", "fcntl64", "ioctl", "syscall", "execl", "execlp", "execle", "syslog", "err", "errx", "warn", "warnx", "error",
            "prctl", "ptrace", "mremap", "semctl", "sem_open", "mq_open", "clone", "ulimit", "makecontext",
        ],
        StringComparer.Ordinal);

    private readonly nint _address;
    private readonly CType _returns;
    private readonly IReadOnlyList<CType> _parameters;
    private readonly int[] _offsets;
    private readonly int _slotBytes;
    private readonly CallStub _stub;

    /// <summary>Finds a function.</summary>
    /// <param name="library">The library.</param>
    /// <param name="name">Its name.</param>
    /// <param name="returns">What it returns.</param>
    /// <param name="parameters">What it takes.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>; <see cref="IpcErrorKind.NotSupported"/> for a variadic one and for types that cannot be passed.</exception>
    internal NativeFunction(ImportedLibrary library, string name, CType returns, IReadOnlyList<CType> parameters)
    {
        Name = name;
        _address = library.Find(name);
        if (Variadic.Contains(name) && ImportedLibrary.IsOfCLibrary(name, _address))
        {
            throw new IpcException(
                IpcErrorKind.NotSupported,
                Messages.NativeVariableArguments.With(name),
                name);
        }

        _returns = returns;
        _parameters = parameters;
        _offsets = new int[parameters.Count];
        foreach (CType type in parameters.Append(returns))
        {
            if (type.Size > LargestResult)
            {
                throw new IpcException(IpcErrorKind.NotSupported, Messages.NativeTooLargeByValue.With(type, type.Size), name);
            }
        }

        for (int i = 0; i < parameters.Count; i++)
        {
            _offsets[i] = _slotBytes;
            _slotBytes += ((int)parameters[i].Size + CallStub.SlotAlignment - 1) / CallStub.SlotAlignment * CallStub.SlotAlignment;
        }

        _stub = CallStub.For(returns, parameters, _offsets);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Calls it.</summary>
    /// <param name="arguments">As many as it takes.</param>
    /// <returns>What it returned; null for nothing.</returns>
    /// <exception cref="IpcException">As for Invoke-NativeFunction.</exception>
    public object? Invoke(params object?[] arguments) => Call(arguments ?? [null], out _);

    /// <summary>Its types as C writes them.</summary>
    public override string ToString() => $"{_returns} {Name}({string.Join(", ", _parameters)})";

    /// <summary>Calls it.</summary>
    /// <param name="arguments">As many as it takes.</param>
    /// <param name="error">errno, or Windows' last error; 0 where the function set none.</param>
    /// <returns>What it returned; null for nothing.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/> or <see cref="IpcErrorKind.Serialization"/>, before the call; <see cref="IpcErrorKind.CallbackFailed"/>, after it.</exception>
    internal object? Call(object?[] arguments, out int error)
    {
        if (arguments.Length != _parameters.Count)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.NativeArgumentCount.With(Name, _parameters.Count, string.Join(", ", _parameters), arguments.Length), Name);
        }

        using var frame = new CallFrame();
        byte* slots = frame.Allocate(_slotBytes);
        byte* result = frame.Allocate(Math.Max(_returns.Size, 16));
        for (int i = 0; i < arguments.Length; i++)
        {
            string what = $"Argument {i + 1} of '{Name}'";
            if (_parameters[i] is CPointerType pointer)
            {
                *(nint*)(slots + _offsets[i]) = PointerArgument.Prepare(frame, pointer, arguments[i], what);
            }
            else
            {
                Writer.Write(new Span<byte>(slots + _offsets[i], (int)_parameters[i].Size), _parameters[i], arguments[i], what);
            }
        }

        error = _stub.Invoke(_address, slots, result);
        if (frame.CallbackError is { } failure)
        {
            throw failure as System.Management.Automation.PipelineStoppedException ?? (Exception)new IpcException(
                IpcErrorKind.CallbackFailed, Messages.CallbackFailed.With(Name, failure.Message), Name, failure);
        }

        frame.CopyBack();
        return NativeValue.Read(new ReadOnlySpan<byte>(result, (int)_returns.Size), _returns);
    }
}
