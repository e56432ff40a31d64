using System.Runtime.InteropServices;
using PSIpc.Core;

namespace PSIpc;

/// <summary>What one native call needs for its time: memory, pinned arrays, callbacks, and what is to be copied back after it.</summary>
internal sealed unsafe class CallFrame : IDisposable
{
    private readonly List<nint> _memory = [];
    private readonly List<GCHandle> _pins = [];
    private readonly List<Action> _after = [];
    private readonly List<object> _kept = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private bool _hasEnded;

    /// <summary>The first failure of a callback.</summary>
    public Exception? CallbackError { get; private set; }

    /// <summary>Whether a callback may run now: on the thread of the call, until it ends, and not after one failed.</summary>
    public bool CanCallBack
    {
        get
        {
            if (Environment.CurrentManagedThreadId != _thread)
            {
                Fail(new InvalidOperationException(Messages.CallbackOnOtherThread));
            }

            return !_hasEnded && CallbackError is null;
        }
    }

    /// <summary>Memory that is 0, aligned to 16 bytes, until the call is over.</summary>
    /// <param name="size">Bytes.</param>
    public byte* Allocate(long size)
    {
        void* memory = NativeMemory.AlignedAlloc((nuint)Math.Max(size, 1), CallStub.SlotAlignment);
        _memory.Add((nint)memory);
        NativeMemory.Clear(memory, (nuint)Math.Max(size, 1));
        return (byte*)memory;
    }

    /// <summary>The address of an array, which stays where it is until the call is over.</summary>
    public nint Pin(Array array)
    {
        var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
        _pins.Add(pin);
        return pin.AddrOfPinnedObject();
    }

    /// <summary>Keeps an object until the call is over.</summary>
    public void Keep(object value) => _kept.Add(value);

    /// <summary>Does something after the call.</summary>
    public void After(Action action) => _after.Add(action);

    /// <summary>Notes the failure of a callback.</summary>
    public void Fail(Exception error) => CallbackError ??= error;

    /// <summary>Copies back what the function wrote.</summary>
    public void CopyBack() => _after.ForEach(static action => action());

    /// <inheritdoc/>
    public void Dispose()
    {
        _hasEnded = true;
        _memory.ForEach(static memory => NativeMemory.AlignedFree((void*)memory));
        _pins.ForEach(static pin => pin.Free());
        GC.KeepAlive(_kept);
    }
}
