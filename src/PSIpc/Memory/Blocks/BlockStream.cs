using PSIpc.Core;
using PSIpc.Core.Memory;

namespace PSIpc;

/// <summary>Shared memory as a stream: it has the length that it has, and can be written unless the memory is read-only.</summary>
internal sealed class BlockStream(DataBlock block) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => !block.IsReadOnly;

    public override long Length => block.Size;

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, Messages.PositionNegative);
    }

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Clamp(Length - _position, 0, buffer.Length);
        block.AsReadOnlySpan(Math.Min(_position, Length), count).CopyTo(buffer);
        GC.KeepAlive(block);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        block.ThrowIfReadOnly();
        if (buffer.Length > Length - _position)
        {
            throw new IOException(Messages.StreamWriteDoesNotFit.With(block.Name, Length, buffer.Length, _position));
        }

        buffer.CopyTo(block.AsSpan(_position, buffer.Length));
        GC.KeepAlive(block);
        _position += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => _position,
        _ => Length,
    };

    public override void SetLength(long value) => throw new NotSupportedException(Messages.StreamLengthFixed.With(block.Name));

    public override void Flush()
    {
    }
}
