using System.Buffers;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Numerics;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// Writes one pickle, protocols 2 to 5, opcode by opcode as CPython's <c>Modules/_pickle.c</c> does: objects that come again, and cycles, refer to the memo.
/// </summary>
internal sealed partial class PickleWriter
{
    private const int LongestShort = 255;
    private const int LongestInPlace = 32 << 10;

    [ThreadStatic]
    private static PickleWriter? _free;

    private readonly PickleOutput _output = new();
    private readonly WrittenObjects _written = new();
    private readonly List<PropertyFrame> _frames = [];
    private readonly Dictionary<(TimeSpan Offset, string? Name), int> _zones = [];
    private PickleOptions _options = new();
    private int _deepest;
    private int _depth;

    private bool IsProtocol4 => _options.Protocol >= 4;

    /// <summary>Writes a pickle.</summary>
    /// <param name="value">The object.</param>
    /// <param name="output">Where to.</param>
    /// <param name="options">How.</param>
    /// <param name="deepest">The deepest nesting that is written.</param>
    public static void Write(object? value, IBufferWriter<byte> output, PickleOptions options, int deepest)
    {
        PickleWriter writer = _free ?? new PickleWriter();
        _free = null;
        try
        {
            writer._options = options;
            writer._deepest = deepest;
            writer._depth = 0;
            writer._output.Begin(output, options.Protocol);
            writer.Write(value, inObject: false);
            writer._output.End();
        }
        finally
        {
            writer.Forget();
            _free = writer;
        }
    }

    private void Forget()
    {
        _written.Clear();
        _frames.ForEach(f => f.Clear());
        _zones.Clear();
    }

    /// <summary>Writes a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="inObject">Whether it is inside a .NET object, where other .NET objects are written as their text.</param>
    private void Write(object? value, bool inObject)
    {
        _output.Boundary();
        var wrapper = value as PSObject;
        object? plain = wrapper is null ? value : ReferenceEquals(wrapper, AutomationNull.Value) ? null : wrapper.BaseObject;
        switch (plain)
        {
            case null or DBNull:
                _output.Byte(PickleOpcode.None);
                break;
            case string text:
                WriteText(text);
                break;
            case int number:
                WriteInt32(number);
                break;
            case double number:
                _output.Double(PickleOpcode.BinFloat, number);
                break;
            case bool flag:
                _output.Byte(flag ? PickleOpcode.NewTrue : PickleOpcode.NewFalse);
                break;
            case long number:
                WriteInt64(number);
                break;
            default:
                if (!TryWriteScalar(plain))
                {
                    WriteContainer(plain, wrapper, inObject);
                }

                break;
        }
    }

    private bool TryWriteScalar(object value)
    {
        switch (value)
        {
            case Enum named:
                WriteText(named.ToString());
                return true;
            case byte or sbyte or short or ushort:
                WriteInt32(((IConvertible)value).ToInt32(null));
                return true;
            case uint number:
                WriteInt64(number);
                return true;
            case ulong number:
                WriteBig(number);
                return true;
            case BigInteger number:
                WriteBig(number);
                return true;
            case Int128 number:
                WriteBig((BigInteger)number);
                return true;
            case UInt128 number:
                WriteBig((BigInteger)number);
                return true;
            case IntPtr number:
                WriteInt64(number);
                return true;
            case UIntPtr number:
                WriteBig((ulong)number);
                return true;
            case float number:
                _output.Double(PickleOpcode.BinFloat, number);
                return true;
            case Half number:
                _output.Double(PickleOpcode.BinFloat, (double)number);
                return true;
            case SwitchParameter flag:
                _output.Byte(flag.IsPresent ? PickleOpcode.NewTrue : PickleOpcode.NewFalse);
                return true;
            case char or Uri or Version or Type or ScriptBlock or Delegate:
                WriteText(PropertyReader.TextOf(value));
                return true;
            case byte[] bytes when bytes.GetType() == typeof(byte[]):
                WriteBytesOf(bytes);
                return true;
            case ReadOnlyMemory<byte> memory:
                WriteBytes(memory.Span);
                return true;
            case Memory<byte> memory:
                WriteBytes(memory.Span);
                return true;
            default:
                return TryWriteConstructed(value);
        }
    }

    private void WriteInt32(int number)
    {
        if ((uint)number <= byte.MaxValue)
        {
            _output.Bytes(PickleOpcode.BinInt1, (byte)number);
        }
        else if ((uint)number <= ushort.MaxValue)
        {
            _output.UInt16(PickleOpcode.BinInt2, (ushort)number);
        }
        else
        {
            _output.Int32(PickleOpcode.BinInt, number);
        }
    }

    private void WriteInt64(long number)
    {
        if (number == (int)number)
        {
            WriteInt32((int)number);
        }
        else
        {
            WriteBig(number);
        }
    }

    private void WriteBig(BigInteger number)
    {
        if (number >= int.MinValue && number <= int.MaxValue)
        {
            WriteInt32((int)number);
            return;
        }

        byte[] bytes = number.ToByteArray();
        _output.Block(PickleOpcode.Long1, PickleOpcode.Long4, 0, bytes);
    }

    /// <summary>Refers to what was written before; false when it was not.</summary>
    private bool TryWriteAgain(object value)
    {
        int number = _written.Find(value);
        if (number >= 0)
        {
            WriteGet(number);
        }

        return number >= 0;
    }

    private void WriteGet(int number)
    {
        if (number <= LongestShort)
        {
            _output.Bytes(PickleOpcode.BinGet, (byte)number);
        }
        else
        {
            _output.Int32(PickleOpcode.LongBinGet, number);
        }
    }

    /// <summary>Remembers the object that was written last.</summary>
    private void Memoize(object? value)
    {
        int number = value is null ? _written.Take() : _written.Add(value);
        if (IsProtocol4)
        {
            _output.Byte(PickleOpcode.Memoize);
        }
        else if (number <= LongestShort)
        {
            _output.Bytes(PickleOpcode.BinPut, (byte)number);
        }
        else
        {
            _output.Int32(PickleOpcode.LongBinPut, number);
        }
    }

    private void WriteText(string text)
    {
        if (!TryWriteAgain(text))
        {
            WriteNewText(text);
            Memoize(text);
        }
    }

    private void WriteNewText(string text)
    {
        byte small = IsProtocol4 ? PickleOpcode.ShortBinUnicode : (byte)0;
        int count = PythonText.ByteCount(text, out bool hasLoneSurrogate);
        if (hasLoneSurrogate || count > LongestInPlace)
        {
            _output.Block(small, PickleOpcode.BinUnicode, 0, hasLoneSurrogate ? PythonText.EncodeWithSurrogates(text) : Encoding.UTF8.GetBytes(text));
        }
        else if (small != 0 && count <= LongestShort)
        {
            Span<byte> target = _output.Open(small, 1 + count);
            target[0] = (byte)count;
            Encoding.UTF8.GetBytes(text, target[1..]);
        }
        else
        {
            Span<byte> target = _output.Open(PickleOpcode.BinUnicode, sizeof(int) + count);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(target, count);
            Encoding.UTF8.GetBytes(text, target[sizeof(int)..]);
        }
    }

    private void WriteBytesOf(byte[] bytes)
    {
        if (!TryWriteAgain(bytes))
        {
            WriteNewBytes(bytes);
            Memoize(bytes);
        }
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteNewBytes(bytes);
        Memoize(null);
    }

    private void WriteNewBytes(ReadOnlySpan<byte> bytes)
    {
        if (_options.Protocol >= 3)
        {
            _output.Block(PickleOpcode.ShortBinBytes, PickleOpcode.BinBytes, 0, bytes);
        }
        else if (bytes.Length == 0)
        {
            WriteGlobal(PythonName.Bytes);
            _output.Bytes(PickleOpcode.EmptyTuple, PickleOpcode.Reduce);
        }
        else
        {
            // Protocol 2 has no bytes: a text whose characters they are, which Python encodes.
            WriteGlobal(PythonName.Encode);
            WriteNewText(Encoding.Latin1.GetString(bytes));
            Memoize(null);
            WriteText(PythonName.Latin1);
            _output.Byte(PickleOpcode.Tuple2);
            Memoize(null);
            _output.Byte(PickleOpcode.Reduce);
        }
    }

    /// <summary>A class or function by its name.</summary>
    private void WriteGlobal(PythonName name)
    {
        if (TryWriteAgain(name))
        {
            return;
        }

        if (IsProtocol4)
        {
            WriteText(name.Module);
            WriteNewText(name.Name);
            Memoize(null);
            _output.Byte(PickleOpcode.StackGlobal);
        }
        else
        {
            _output.Byte(PickleOpcode.Global);
            _output.Raw(Encoding.ASCII.GetBytes($"{(_options.Protocol < 3 ? name.Python2Module : name.Module)}\n{name.Name}\n"));
        }

        Memoize(name);
    }

    private void Enter()
    {
        if (++_depth > _deepest)
        {
            throw new IpcException(
                IpcErrorKind.Serialization,
                Messages.NestedTooDeepOfMost.With(_deepest, IpcSerializers.DeepestDepth));
        }
    }

    private void Leave() => _depth--;
}
