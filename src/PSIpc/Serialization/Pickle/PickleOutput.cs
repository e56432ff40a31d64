using System.Buffers;
using System.Buffers.Binary;

namespace PSIpc;

/// <summary>
/// Where a pickle is written to: opcodes into a buffer, which goes on as a frame when it is full (protocol 4 and later), as CPython's pickler does it: frames of 64 KB or a little
/// more, none around less than 4 bytes, and long texts and bytes between them.
/// </summary>
internal sealed class PickleOutput
{
    private const int FrameTarget = 64 << 10;
    private const int SmallestFrame = 4;
    private const int FrameHeader = 9;
    private const int Room = 32;

    private byte[] _buffer = new byte[1024];
    private int _length;
    private bool _hasFrames;
    private IBufferWriter<byte>? _output;

    /// <summary>Begins a pickle.</summary>
    public void Begin(IBufferWriter<byte> output, int protocol)
    {
        _output = output;
        _length = 0;
        _hasFrames = false;
        Byte(PickleOpcode.Proto);
        Byte((byte)protocol);
        Flush();
        _hasFrames = protocol >= 4;
    }

    /// <summary>Ends the pickle.</summary>
    public void End()
    {
        Byte(PickleOpcode.Stop);
        Flush();
        _output = null;
    }

    /// <summary>Between two values: the frame may end here.</summary>
    public void Boundary()
    {
        if (_length >= FrameTarget)
        {
            Flush();
        }
    }

    public void Byte(byte value)
    {
        Reserve(1);
        _buffer[_length++] = value;
    }

    public void Bytes(byte first, byte second)
    {
        Reserve(2);
        _buffer[_length] = first;
        _buffer[_length + 1] = second;
        _length += 2;
    }

    /// <summary>An opcode and two bytes, the lower first.</summary>
    public void UInt16(byte opcode, ushort value)
    {
        Span<byte> target = Open(opcode, sizeof(ushort));
        BinaryPrimitives.WriteUInt16LittleEndian(target, value);
    }

    /// <summary>An opcode and four bytes, the lowest first.</summary>
    public void Int32(byte opcode, int value) => BinaryPrimitives.WriteInt32LittleEndian(Open(opcode, sizeof(int)), value);

    /// <summary>An opcode and a number of 64 bits with its highest byte first.</summary>
    public void Double(byte opcode, double value) => BinaryPrimitives.WriteDoubleBigEndian(Open(opcode, sizeof(double)), value);

    /// <summary>Bytes without an opcode.</summary>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Room for an opcode's argument, which the caller fills.</summary>
    public Span<byte> Open(byte opcode, int length)
    {
        Reserve(1 + length);
        _buffer[_length] = opcode;
        Span<byte> target = _buffer.AsSpan(_length + 1, length);
        _length += 1 + length;
        return target;
    }

    /// <summary>An opcode, a length and bytes; many bytes go by themselves, not in a frame.</summary>
    /// <param name="small">The opcode with a length of one byte; 0 for none.</param>
    /// <param name="medium">With one of four bytes; 0 for none.</param>
    /// <param name="large">With one of eight; 0 for none.</param>
    /// <param name="bytes">The bytes.</param>
    public void Block(byte small, byte medium, byte large, ReadOnlySpan<byte> bytes)
    {
        bool isLong = bytes.Length >= FrameTarget;
        if (isLong)
        {
            Flush();
        }

        if (small != 0 && bytes.Length <= byte.MaxValue)
        {
            Bytes(small, (byte)bytes.Length);
        }
        else if (medium != 0)
        {
            Int32(medium, bytes.Length);
        }
        else
        {
            BinaryPrimitives.WriteInt64LittleEndian(Open(large, sizeof(long)), bytes.Length);
        }

        if (!isLong)
        {
            Raw(bytes);
            return;
        }

        bool hasFrames = _hasFrames;
        _hasFrames = false;
        Flush();
        _hasFrames = hasFrames;
        _output!.Write(bytes);
    }

    /// <summary>Hands the buffer on, as a frame where there are frames.</summary>
    private void Flush()
    {
        if (_length == 0)
        {
            return;
        }

        bool isFrame = _hasFrames && _length >= SmallestFrame;
        int header = isFrame ? FrameHeader : 0;
        Span<byte> target = _output!.GetSpan(header + _length);
        if (isFrame)
        {
            target[0] = PickleOpcode.Frame;
            BinaryPrimitives.WriteInt64LittleEndian(target[1..], _length);
        }

        _buffer.AsSpan(0, _length).CopyTo(target[header..]);
        _output.Advance(header + _length);
        _length = 0;
    }

    private void Reserve(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Array.Resize(ref _buffer, Math.Max(_length + count + Room, 2 * _buffer.Length));
        }
    }
}
