using System.Buffers.Binary;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The bytes of a pickle and how far they are read. Every length is checked before anything is made for it.</summary>
internal ref struct PickleInput(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _at;

    public readonly bool IsAtEnd => _at == _data.Length;

    public readonly int Position => _at;

    public byte Byte() => _at < _data.Length ? _data[_at++] : throw Ended();

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double)));

    /// <summary>So many bytes.</summary>
    public ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_data.Length - _at))
        {
            throw count > int.MaxValue || count > (ulong)_data.Length ? new FormatException(Messages.ReasonPickleBytesMissing.With(count, _data.Length - _at)) : Ended();
        }

        ReadOnlySpan<byte> taken = _data.Slice(_at, (int)count);
        _at += (int)count;
        return taken;
    }

    /// <summary>The bytes up to the end of a line, which protocol 0 ends its arguments with.</summary>
    public ReadOnlySpan<byte> Line()
    {
        int length = _data[_at..].IndexOf((byte)'\n');
        if (length < 0)
        {
            throw Ended();
        }

        ReadOnlySpan<byte> line = _data.Slice(_at, length);
        _at += length + 1;
        return line;
    }

    /// <summary>A line of ASCII.</summary>
    public string Text() => Encoding.Latin1.GetString(Line());

    /// <summary>Checks that a frame is there; what is in it is read as everything else.</summary>
    public void Frame()
    {
        ulong length = UInt64();
        if (length > (ulong)(_data.Length - _at))
        {
            throw new FormatException(Messages.ReasonPickleFrameLength.With(length, _data.Length - _at));
        }
    }

    private static FormatException Ended() => new(Messages.ReasonEndsInMiddle);
}
