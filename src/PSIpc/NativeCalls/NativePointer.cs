using System.Globalization;

namespace PSIpc;

/// <summary>A typed pointer into native memory, as a native function returned it or passed it to a callback. Nothing checks that the memory is still there.</summary>
public sealed unsafe class NativePointer
{
    private readonly CType _target;

    internal NativePointer(nint address, CType target)
    {
        Address = address;
        _target = target;
    }

    /// <summary>The address.</summary>
    public nint Address { get; }

    /// <summary>The C type of what is there.</summary>
    public string Type => _target.Name;

    /// <summary>What is there.</summary>
    public object? Value
    {
        get => this[0];
        set => this[0] = value;
    }

    /// <summary>What is there, some elements on.</summary>
    /// <param name="index">How many elements on.</param>
    public object? this[long index]
    {
        get => NativeValue.Read(At(index), _target);
        set
        {
            byte[] bytes = new byte[_target.Size];
            new CValueWriter(isBigEndian: false).Write(bytes, _target, value);
            bytes.CopyTo(At(index));
        }
    }

    /// <summary>The address in hexadecimal digits.</summary>
    public override string ToString() => "0x" + Address.ToString("x", CultureInfo.InvariantCulture);

    private Span<byte> At(long index) => new((void*)(Address + (nint)(index * _target.Size)), (int)_target.Size);
}
