using System.Buffers;
using System.Management.Automation;
using System.Text;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>Bytes as they are: writes bytes and, as UTF-8, text; reads bytes.</summary>
internal sealed class RawSerializer : IIpcSerializer
{
    /// <summary>The number of the format.</summary>
    public const byte FormatNumber = 0;

    /// <inheritdoc/>
    public string Name => "Raw";

    /// <inheritdoc/>
    public byte Format => FormatNumber;

    /// <inheritdoc/>
    public string Description => "Bytes as they are; text is written as UTF-8. Reads byte[].";

    /// <inheritdoc/>
    public void Serialize(object? value, IBufferWriter<byte> output, int depth)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        switch (plain)
        {
            case byte[] bytes:
                output.Write(bytes);
                break;
            case byte single:
                output.Write([single]);
                break;
            case ReadOnlyMemory<byte> memory:
                output.Write(memory.Span);
                break;
            case Memory<byte> memory:
                output.Write(memory.Span);
                break;
            case string text:
                Encoding.UTF8.GetBytes(text, output);
                break;
            case IEnumerable<byte> sequence:
                output.Write(sequence.ToArray());
                break;
            case object?[] array when Array.TrueForAll(array, IsByte):
                output.Write(Array.ConvertAll(array, static item => (byte)Unwrap(item)!));
                break;
            default:
                throw new IpcException(
                    IpcErrorKind.Serialization,
                    Messages.RawCannotWrite.With(plain?.GetType().ToString() ?? "null"));
        }
    }

    /// <inheritdoc/>
    public object? Deserialize(ReadOnlyMemory<byte> data) => data.ToArray();

    private static bool IsByte(object? item) => Unwrap(item) is byte;
}
