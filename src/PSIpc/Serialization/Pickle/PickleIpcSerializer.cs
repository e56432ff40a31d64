using System.Buffers;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// Python's own format: pickle (CPython's <c>Lib/pickle.py</c>, <c>Lib/pickletools.py</c>; PEP 3154, PEP 574). Writes protocols 2 to 5, reads 0 to 5; data, never code.
/// </summary>
internal sealed class PickleIpcSerializer(PickleOptions options) : IIpcSerializer
{
    /// <summary>The name that <c>-Serializer</c> takes.</summary>
    public const string SerializerName = "Pickle";

    /// <summary>The number that messages carry.</summary>
    public const byte FormatNumber = 5;

    /// <inheritdoc/>
    public string Name => SerializerName;

    /// <inheritdoc/>
    public byte Format => FormatNumber;

    /// <inheritdoc/>
    public string Description => "Python's own format, for Python: numbers of any size, tuples, sets, dates, cycles. Data only: nothing in a pickle is imported or called.";

    /// <summary>How it writes and reads.</summary>
    public PickleOptions Options => options;

    /// <inheritdoc/>
    public void Serialize(object? value, IBufferWriter<byte> output, int depth)
    {
        try
        {
            PickleWriter.Write(value, output, options, depth);
        }
        catch (Exception e) when (e is not (IpcException or PipelineStoppedException or OutOfMemoryException))
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.PickleCannotWrite.With(PropertyReader.MessageOf(e)), null, e);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IpcException">Also <see cref="IpcErrorKind.TypeNotAllowed"/> for a class that is not on the list.</exception>
    public object? Deserialize(ReadOnlyMemory<byte> data)
    {
        try
        {
            return PickleReader.Read(data.Span, options.AllowUnknown);
        }
        catch (Exception e) when (e is not (IpcException or PipelineStoppedException or OutOfMemoryException))
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.PickleUnreadable.With(e.Message), null, e);
        }
    }
}
