using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// C structures as messages: their bytes, and before them the declaration that they are read by, so that a receiver need not know it.
/// </summary>
/// <remarks>
/// A message: version 1 (1 byte), ABI (1), flags (1): 1 an array, 2 big-endian; 0 (1); which structure of the declaration, from 0 (2, little-endian); bytes of
/// the declaration (2, little-endian); the declaration in UTF-8; the structures (docs/serializers.md).
/// </remarks>
internal sealed class CStructIpcSerializer : IIpcSerializer
{
    /// <summary>The name of the serializer.</summary>
    public const string SerializerName = "CStruct";

    private const byte FormatVersion = 1;
    private const byte ArrayFlag = 1;
    private const byte BigEndianFlag = 2;
    private const int HeaderSize = 8;
    private const int MostKnown = 256;

    private static readonly ConcurrentDictionary<string, CStruct> Known = new(StringComparer.Ordinal);

    private readonly CStruct? _layout;
    private readonly byte[] _header = [];

    /// <summary>The serializer that reads, and tells writers to name a layout.</summary>
    public CStructIpcSerializer()
    {
    }

    /// <summary>One that writes by a layout.</summary>
    public CStructIpcSerializer(CStruct layout)
    {
        _layout = layout;
        _header = HeaderOf(layout);
    }

    /// <inheritdoc/>
    public string Name => SerializerName;

    /// <inheritdoc/>
    public byte Format => 4;

    /// <inheritdoc/>
    public string Description => "C structures by a layout (New-CStruct): the C compiler's own bytes. Objects arrive with the structure's members.";

    /// <inheritdoc/>
    public void Serialize(object? value, IBufferWriter<byte> output, int depth)
    {
        if (_layout is null)
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.CStructNeedsLayout);
        }

        byte[] bytes = _layout.ToBytes(value, out bool isArray);
        Span<byte> header = output.GetSpan(_header.Length);
        _header.CopyTo(header);
        header[2] |= isArray ? ArrayFlag : (byte)0;
        output.Advance(_header.Length);
        output.Write(bytes);
    }

    /// <inheritdoc/>
    public object? Deserialize(ReadOnlyMemory<byte> data)
    {
        ReadOnlySpan<byte> bytes = data.Span;
        if (bytes.Length < HeaderSize || bytes[0] != FormatVersion || bytes[2] > (ArrayFlag | BigEndianFlag) || bytes[3] != 0)
        {
            throw Corrupt(Messages.ReasonNotBeginning);
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        if (length > bytes.Length - HeaderSize)
        {
            throw Corrupt(Messages.ReasonDeclarationCut);
        }

        try
        {
            CStruct layout = Find(bytes[..(HeaderSize + length)]);
            return layout.ReadAll(bytes[(HeaderSize + length)..], (bytes[2] & ArrayFlag) != 0);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or OverflowException or System.Management.Automation.RuntimeException)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.CStructUnreadable.With(e.Message), null, e);
        }
    }

    /// <summary>What a layout travels as: the beginning of its messages.</summary>
    internal static byte[] HeaderOf(CStruct layout)
    {
        byte[] declaration = Encoding.UTF8.GetBytes(layout.Declaration);
        if (declaration.Length > ushort.MaxValue)
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.CStructDeclarationTooLong.With(layout.Type.Title, ushort.MaxValue));
        }

        int index = CStruct.Parse(layout.Declaration, 0, layout.Abi, layout.IsBigEndian).ToList().FindLastIndex(s => s.Name == layout.Name);
        byte[] header = new byte[HeaderSize + declaration.Length];
        header[0] = FormatVersion;
        header[1] = (byte)layout.Abi;
        header[2] = layout.IsBigEndian ? BigEndianFlag : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), (ushort)index);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)declaration.Length);
        declaration.CopyTo(header, HeaderSize);
        return header;
    }

    /// <summary>The layout that bytes of <see cref="HeaderOf"/> declare.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    internal static CStruct LayoutOf(ReadOnlySpan<byte> header) =>
        header.Length >= HeaderSize && header[0] == FormatVersion && header[2] is 0 or BigEndianFlag
        && BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) == header.Length - HeaderSize
            ? Find(header)
            : throw Corrupt(Messages.ReasonNotBeginning);

    /// <summary>The layout that a message's header declares, read once for all its messages.</summary>
    private static CStruct Find(ReadOnlySpan<byte> header)
    {
        Span<byte> plain = header.Length <= 1024 ? stackalloc byte[header.Length] : new byte[header.Length];
        header.CopyTo(plain);
        plain[2] &= unchecked((byte)~ArrayFlag);
        string key = Encoding.Latin1.GetString(plain);
        if (Known.TryGetValue(key, out CStruct? known))
        {
            return known;
        }

        CStruct layout = Parse(header);
        if (Known.Count >= MostKnown)
        {
            Known.Clear();
        }

        return Known[key] = layout;
    }

    private static CStruct Parse(ReadOnlySpan<byte> header)
    {
        if (!Enum.IsDefined((CAbi)header[1]))
        {
            throw Corrupt(Messages.ReasonAbiUnknown.With(header[1]));
        }

        try
        {
            CStruct[] declared = CStruct.Parse(
                Encoding.UTF8.GetString(header[HeaderSize..]), 0, (CAbi)header[1], (header[2] & BigEndianFlag) != 0, isReceived: true, static _ => null, out _);
            int index = BinaryPrimitives.ReadUInt16LittleEndian(header[4..]);
            return index < declared.Length ? declared[index] : throw Corrupt(Messages.ReasonStructureNumber.With(declared.Length, index + 1));
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.InvalidDeclaration)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.CStructUnreadableDeclaration.With(e.Message), null, e);
        }
    }

    private static IpcException Corrupt(string what) => new(IpcErrorKind.CorruptData, Messages.CStructUnreadableReason.With(what));
}
