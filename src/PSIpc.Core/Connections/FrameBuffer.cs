using System.Buffers.Binary;
using PSIpc.Core.Channels;

namespace PSIpc.Core.Connections;

/// <summary>
/// The bytes of a stream as the messages that they are: each after its length, 4 bytes with the highest first; −1, then the length in 8 bytes, for those above 2 GB
/// (CPython's <c>Lib/multiprocessing/connection.py</c>, <c>_send_bytes</c>, which also takes the long form for shorter ones).
/// </summary>
internal sealed class FrameBuffer
{
    /// <summary>Bytes before a message.</summary>
    public const int HeaderSize = sizeof(int);

    private const int LongHeaderSize = sizeof(int) + sizeof(ulong);
    private const int BufferSize = 64 << 10;
    private const int FirstPart = 16 << 20;
    private const int Growth = 4;

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _start;
    private int _end;
    private byte[]? _large;
    private int _largeLength;
    private int _largeFilled;

    /// <summary>Whether a message is here as a whole.</summary>
    public bool HasMessage => _large is not null ? _largeFilled == _largeLength : TryHeader(_start, out int header, out int length) && _end - _start >= header + length;

    /// <summary>Whether a message is here in part.</summary>
    public bool IsInMiddle => !HasMessage && (_large is not null || _end > _start);

    /// <summary>Whether there is room for more bytes.</summary>
    public bool HasRoom => _large is not null ? _largeFilled < _largeLength : _start > 0 || _end < _buffer.Length;

    /// <summary>Messages that are here as a whole.</summary>
    public int Count
    {
        get
        {
            if (_large is not null)
            {
                return HasMessage ? 1 : 0;
            }

            int count = 0;
            for (int at = _start; TryHeader(at, out int header, out int length) && _end - at >= header + length; at += header + length)
            {
                count++;
            }

            return count;
        }
    }

    /// <summary>Where the next bytes of the stream go.</summary>
    public Span<byte> Room
    {
        get
        {
            if (_large is not null)
            {
                if (_largeFilled == _large.Length && _largeFilled < _largeLength)
                {
                    // What a length says is made room for only as its bytes come.
                    Array.Resize(ref _large, (int)Math.Min(_largeLength, (long)Growth * _large.Length));
                }

                return _large.AsSpan(_largeFilled, Math.Min(_large.Length, _largeLength) - _largeFilled);
            }

            if (_start == _end)
            {
                _start = _end = 0;
            }
            else if (_end == _buffer.Length)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }

            return _buffer.AsSpan(_end);
        }
    }

    /// <summary>Notes that bytes came.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/> or <see cref="IpcErrorKind.MessageTooLarge"/>: the stream is of no use any more.</exception>
    public void Filled(int count)
    {
        if (_large is not null)
        {
            _largeFilled += count;
            return;
        }

        _end += count;
        BeginLarge();
    }

    /// <summary>Takes the message that is here.</summary>
    public void Take(ReceivedMessage message, bool peek)
    {
        if (_large is null)
        {
            TryHeader(_start, out int header, out int length);
            _buffer.AsSpan(_start + header, length).CopyTo(message.Prepare(length));
            if (!peek)
            {
                _start += header + length;
                BeginLarge();
            }
        }
        else if (peek)
        {
            _large.AsSpan(0, _largeLength).CopyTo(message.Prepare(_largeLength));
        }
        else
        {
            message.Adopt(_large, _largeLength);
            _large = null;
        }
    }

    /// <summary>Writes the length before a message.</summary>
    public static void WriteHeader(Span<byte> target, int length) => BinaryPrimitives.WriteInt32BigEndian(target, length);

    /// <summary>A message that does not go into the buffer goes into one of its own.</summary>
    private void BeginLarge()
    {
        if (!TryHeader(_start, out int header, out int length) || header + length <= BufferSize)
        {
            return;
        }

        _start += header;
        _largeLength = length;
        _largeFilled = Math.Min(length, _end - _start);
        _large = GC.AllocateUninitializedArray<byte>(Math.Min(length, FirstPart));
        _buffer.AsSpan(_start, _largeFilled).CopyTo(_large);
        _start += _largeFilled;
    }

    private bool TryHeader(int at, out int header, out int length)
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(at, _end - at);
        header = HeaderSize;
        length = 0;
        if (bytes.Length < HeaderSize)
        {
            return false;
        }

        length = BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (length >= 0)
        {
            return length <= Array.MaxLength ? true : throw TooLarge((ulong)length);
        }

        if (length != -1)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.FrameLengthNotPythons.With(length));
        }

        if (bytes.Length < LongHeaderSize)
        {
            return false;
        }

        header = LongHeaderSize;
        ulong size = BinaryPrimitives.ReadUInt64BigEndian(bytes[HeaderSize..]);
        length = size <= (ulong)Array.MaxLength ? (int)size : throw TooLarge(size);
        return true;
    }

    private static IpcException TooLarge(ulong length) =>
        new(IpcErrorKind.MessageTooLarge, Messages.FrameTooLarge.With(length, Array.MaxLength));
}
