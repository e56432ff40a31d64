using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Management.Automation;
using System.Runtime.InteropServices;
using PSIpc.Core;

namespace PSIpc;

/// <summary>A script block that a native function calls, for the time of one call.</summary>
internal sealed class Callback(CallFrame frame, ScriptBlock script, CFunctionType type)
{
    private const int MostRecent = 1024;

    private static readonly CValueWriter Writer = new(isBigEndian: false);

    // A function that keeps a callback in spite of all gets 0 from it after the call, and not a call into freed memory, for as long as these are kept.
    private static readonly ConcurrentQueue<Delegate> Recent = new();

    private static readonly ConcurrentDictionary<string, Func<Callback, Delegate>> Thunks = new(StringComparer.Ordinal);

    private readonly Type _result = CallTypes.Of(type.Returns);

    /// <summary>The address of a function that runs a script block.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/> for types that cannot be passed.</exception>
    public static nint Make(CallFrame frame, ScriptBlock script, CFunctionType type)
    {
        if (type.IsVariadic)
        {
            throw new IpcException(IpcErrorKind.NotSupported, Messages.CallbackVariableArguments);
        }

        var callback = new Callback(frame, script, type);
        Type[] parameters = [.. type.Parameters.Select(CallTypes.Of)];
        string key = $"{callback._result.FullName}({string.Join(",", parameters.Select(p => p.FullName))})";
        Delegate thunk = Thunks.GetOrAdd(key, _ => MakeThunk(callback._result, parameters))(callback);
        frame.Keep(thunk);
        Recent.Enqueue(thunk);
        if (Recent.Count > MostRecent)
        {
            Recent.TryDequeue(out _);
        }

        return Marshal.GetFunctionPointerForDelegate(thunk);
    }

    /// <summary>Runs the script block; what goes wrong is noted for after the call, and the function gets 0.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "No exception may leave through native frames; it is reported when the call is over.")]
    public object? Run(object?[] arguments)
    {
        try
        {
            if (frame.CanCallBack)
            {
                return Convert(script.Invoke([.. arguments.Select(Wrap)]));
            }
        }
        catch (Exception e)
        {
            frame.Fail(e);
        }

        return _result == typeof(void) ? null : Activator.CreateInstance(_result);
    }

    /// <summary>A maker of delegates that put their arguments into an array and run a callback. Compiled once for a signature.</summary>
    private static Func<Callback, Delegate> MakeThunk(Type returns, Type[] parameters)
    {
        Type type = CallTypes.Delegate(returns, parameters);
        ParameterExpression callback = Expression.Parameter(typeof(Callback));
        ParameterExpression[] arguments = [.. parameters.Select(Expression.Parameter)];
        Expression run = Expression.Call(
            callback,
            typeof(Callback).GetMethod(nameof(Run))!,
            Expression.NewArrayInit(typeof(object), arguments.Select(a => Expression.Convert(a, typeof(object)))));
        Expression body = returns == typeof(void) ? Expression.Block(typeof(void), run) : Expression.Unbox(run, returns);
        return Expression.Lambda<Func<Callback, Delegate>>(Expression.Convert(Expression.Lambda(type, body, arguments), typeof(Delegate)), callback).Compile();
    }

    private object? Wrap(object? argument, int index)
    {
        int size = Math.Max(8, (int)type.Parameters[index].Size);
        byte[] bytes = new byte[size];
        ToBytes(argument!, bytes);
        return NativeValue.Read(bytes.AsSpan(0, (int)type.Parameters[index].Size), type.Parameters[index]);
    }

    private object? Convert(Collection<PSObject> results)
    {
        if (_result == typeof(void))
        {
            return null;
        }

        if (results.Count != 1)
        {
            throw new IpcException(IpcErrorKind.CallbackFailed, Messages.CallbackResultCount.With(type.Returns, results.Count));
        }

        byte[] bytes = new byte[Math.Max(8, (int)type.Returns.Size)];
        if (type.Returns is CPointerType pointer)
        {
            nint address = PointerArgument.Prepare(frame, pointer, results[0], "What the script block returns");
            MemoryMarshal.Write(bytes, in address);
        }
        else
        {
            Writer.Write(bytes.AsSpan(0, (int)type.Returns.Size), type.Returns, results[0], "what the script block returns");
        }

        return FromBytes(bytes);
    }

    private static unsafe void ToBytes(object value, byte[] bytes)
    {
        fixed (byte* target = bytes)
        {
            Marshal.StructureToPtr(value, (nint)target, fDeleteOld: false);
        }
    }

    private unsafe object? FromBytes(byte[] bytes)
    {
        fixed (byte* source = bytes)
        {
            return Marshal.PtrToStructure((nint)source, _result);
        }
    }
}
