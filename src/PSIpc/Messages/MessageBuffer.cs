using System.Buffers;
using System.Security.Cryptography;
using PSIpc.Core;
using PSIpc.Core.Channels;

namespace PSIpc;

/// <summary>A buffer that a serializer writes a message into, used again for the next one. One a thread.</summary>
internal sealed class MessageBuffer : IBufferWriter<byte>
{
    private const int KeptBytes = 4 << 20;

    [ThreadStatic]
    private static MessageBuffer? _free;

    private byte[] _bytes = new byte[1024];
    private int _length;

    public int Length => _length;

    /// <summary>What may be written, and who asks for what became of it.</summary>
    public WriteOptions Options { get; set; }

    /// <summary>Whether some were: the bytes are cleared then.</summary>
    public bool HoldsSecrets { get; set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>What to note beside the bytes of this message, now.</summary>
    /// <param name="format">The number of the serializer that wrote them.</param>
    public MessageStamp Stamp(byte format) => MessageStamp.Now(format) with { InOwnFile = HoldsSecrets };

    /// <summary>Takes this thread's buffer, or a new one when it is in use further up the stack.</summary>
    public static MessageBuffer Rent()
    {
        MessageBuffer buffer = _free ?? new MessageBuffer();
        _free = null;
        buffer._length = 0;
        return buffer;
    }

    /// <summary>The bytes of data in the default serializer's form.</summary>
    /// <param name="data">Plain data: arrays, texts, numbers.</param>
    public static byte[] BytesOf(object? data)
    {
        MessageBuffer buffer = Rent();
        try
        {
            IpcSerializers.Get(IpcSerializers.DefaultName).Serialize(data, buffer, IpcSerializers.DefaultDepth);
            return buffer.Written.ToArray();
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Takes this thread's buffer, or a new one, with options; by default no secrets are written.</summary>
    public static MessageBuffer Rent(WriteOptions options)
    {
        MessageBuffer buffer = Rent();
        buffer.Options = options;
        return buffer;
    }

    /// <summary>Throws unless secrets may be written into an output; notes that one is.</summary>
    /// <param name="output">A buffer of the module's, or another's.</param>
    /// <param name="secret">What it is.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>.</exception>
    public static void RequireSecretsAllowed(IBufferWriter<byte>? output, string secret)
    {
        if (output is not MessageBuffer { Options.AllowsSecrets: true } buffer)
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.SecretNotAllowed.With(secret));
        }

        buffer.HoldsSecrets = true;
    }

    /// <summary>Gives the buffer back for this thread's next message.</summary>
    public void Return()
    {
        ClearSecrets();
        Options = default;
        if (_bytes.Length <= KeptBytes)
        {
            _free = this;
        }
    }

    /// <summary>Forgets all that was written, and memory beyond a size.</summary>
    public void Reset(int keptBytes)
    {
        ClearSecrets();
        _length = 0;
        if (_bytes.Length > keptBytes)
        {
            _bytes = new byte[1024];
        }
    }

    /// <summary>Forgets what was written from a length on.</summary>
    public void Truncate(int length) => _length = Math.Min(_length, length);

    /// <summary>What was written from a place on, to be changed.</summary>
    public Span<byte> Edit(int start) => _bytes.AsSpan(start, _length - start);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - _length), nameof(count));
        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsSpan(_length);
    }

    private void Grow(int sizeHint)
    {
        int needed = Math.Max(1, sizeHint);
        if (_bytes.Length - _length >= needed)
        {
            return;
        }

        long size = Math.Min(Array.MaxLength, Math.Max((long)_length + needed, 2L * _bytes.Length));
        if (size - _length < needed)
        {
            throw new IpcException(IpcErrorKind.MessageTooLarge, Messages.MessageTooLarge.With(Array.MaxLength));
        }

        byte[] grown = new byte[size];
        _bytes.AsSpan(0, _length).CopyTo(grown);
        if (HoldsSecrets)
        {
            CryptographicOperations.ZeroMemory(_bytes);
        }

        _bytes = grown;
    }

    /// <summary>Overwrites what was written, where secrets are in it.</summary>
    private void ClearSecrets()
    {
        if (HoldsSecrets)
        {
            // All of it: what was truncated lies behind.
            CryptographicOperations.ZeroMemory(_bytes);
            HoldsSecrets = false;
        }
    }
}

/// <summary>How a message is written.</summary>
/// <param name="AllowsSecrets">Whether secure strings and credentials may be in it: it stays among the processes of this user, or the caller says so.</param>
/// <param name="BagTypes">Takes the names of types whose objects are written as property bags; null where nobody asks.</param>
/// <param name="KeepsScripts">Whether script blocks stay script blocks, as in values for the session's own workers, or are written as text.</param>
internal readonly record struct WriteOptions(bool AllowsSecrets, ISet<string>? BagTypes = null, bool KeepsScripts = false);
