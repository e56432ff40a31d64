using System.Collections.Concurrent;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PSIpc;

/// <summary>Calls functions of one signature: loads each argument from its slot, calls, and stores the result and the system's last error. One is emitted for a signature.</summary>
/// <remarks>The error is read right after the call, in the same method: whatever runs in between could change it.</remarks>
internal sealed unsafe class CallStub
{
    /// <summary>Slots begin at multiples of this.</summary>
    public const int SlotAlignment = 16;

    private static readonly ConcurrentDictionary<string, CallStub> Known = new(StringComparer.Ordinal);

    private readonly Call _call;

    private CallStub(Type returns, Type[] parameters, int[] offsets)
    {
        var method = new DynamicMethod("NativeCall", typeof(void), [typeof(nint), typeof(nint), typeof(nint), typeof(nint)], typeof(CallStub).Module, skipVisibility: true);
        ILGenerator code = method.GetILGenerator();
        LocalBuilder? result = returns == typeof(void) ? null : code.DeclareLocal(returns);
        LocalBuilder error = code.DeclareLocal(typeof(int));
        code.Emit(OpCodes.Ldc_I4_0);
        code.Emit(OpCodes.Call, ((Action<int>)Marshal.SetLastSystemError).Method);
        for (int i = 0; i < parameters.Length; i++)
        {
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Ldc_I4, offsets[i]);
            code.Emit(OpCodes.Add);
            code.Emit(OpCodes.Ldobj, parameters[i]);
        }

        code.Emit(OpCodes.Ldarg_0);
        code.EmitCalli(OpCodes.Calli, CallingConvention.Cdecl, returns, parameters);
        if (result is not null)
        {
            code.Emit(OpCodes.Stloc, result);
        }

        code.Emit(OpCodes.Call, ((Func<int>)Marshal.GetLastSystemError).Method);
        code.Emit(OpCodes.Stloc, error);
        if (result is not null)
        {
            code.Emit(OpCodes.Ldarg_2);
            code.Emit(OpCodes.Ldloc, result);
            code.Emit(OpCodes.Stobj, returns);
        }

        code.Emit(OpCodes.Ldarg_3);
        code.Emit(OpCodes.Ldloc, error);
        code.Emit(OpCodes.Stind_I4);
        code.Emit(OpCodes.Ret);
        _call = method.CreateDelegate<Call>();
    }

    private delegate void Call(nint function, nint arguments, nint result, nint error);

    /// <summary>The stub for a signature.</summary>
    /// <param name="returns">What the function returns.</param>
    /// <param name="parameters">What it takes.</param>
    /// <param name="offsets">Where each argument is.</param>
    /// <exception cref="Core.IpcException"><see cref="Core.IpcErrorKind.NotSupported"/> for a type that cannot be passed.</exception>
    public static CallStub For(CType returns, IReadOnlyList<CType> parameters, int[] offsets)
    {
        Type result = CallTypes.Of(returns);
        Type[] types = [.. parameters.Select(CallTypes.Of)];
        string key = $"{IdOf(result)}({string.Join(",", types.Select(IdOf))})";
        return Known.GetOrAdd(key, _ => new CallStub(result, types, offsets));
    }

    /// <summary>Calls a function.</summary>
    /// <param name="function">Its address.</param>
    /// <param name="arguments">The slots.</param>
    /// <param name="result">Where its result goes.</param>
    /// <returns>errno, or Windows' last error.</returns>
    public int Invoke(nint function, byte* arguments, byte* result)
    {
        int error;
        _call(function, (nint)arguments, (nint)result, (nint)(&error));
        return error;
    }

    private static string IdOf(Type type) => $"{type.Name}:{RuntimeHelpers.GetHashCode(type)}";
}
