using System.Buffers;

namespace PSIpc.Tests;

/// <summary>A serializer of the module, reached by its public interface as C# code would, without linking it.</summary>
internal sealed class SerializerHandle
{
    private readonly Func<ReadOnlyMemory<byte>, object?> _read;
    private readonly Action<object?, IBufferWriter<byte>, int> _write;

    public SerializerHandle(PowerShellSession session, string name)
        : this(session.Run("[PSIpc.IpcSerializers]::Get($name)", ("name", name))[0].BaseObject)
    {
    }

    /// <summary>One of pickles, with options that cmdlets give it.</summary>
    public SerializerHandle(PowerShellSession session, int protocol, bool numPy = false, bool allowUnknown = false)
        : this(session.Run(
            """
            $assembly = [PSIpc.IpcSerializers].Assembly
            $options = [Activator]::CreateInstance($assembly.GetType('PSIpc.PickleOptions'), @($protocol, $numPy, $allowUnknown))
            [Activator]::CreateInstance($assembly.GetType('PSIpc.PickleIpcSerializer'), @($options))
            """,
            ("protocol", protocol),
            ("numPy", numPy),
            ("allowUnknown", allowUnknown))[0].BaseObject)
    {
    }

    private SerializerHandle(object serializer)
    {
        _read = serializer.GetType().GetMethod("Deserialize", [typeof(ReadOnlyMemory<byte>)])!.CreateDelegate<Func<ReadOnlyMemory<byte>, object?>>(serializer);
        _write = serializer.GetType().GetMethod("Serialize")!.CreateDelegate<Action<object?, IBufferWriter<byte>, int>>(serializer);
    }

    public byte[] Write(object? value, int depth = 32)
    {
        var output = new ArrayBufferWriter<byte>();
        _write(value, output, depth);
        return output.WrittenSpan.ToArray();
    }

    public object? Read(byte[] bytes) => _read(bytes);

    /// <summary>The kind of the error that reading gives; null when the bytes can be read. Any other exception fails the test.</summary>
    public string? Refusal(byte[] bytes)
    {
        try
        {
            _read(bytes);
            return null;
        }
        catch (Exception e) when (e.GetType().FullName == "PSIpc.Core.IpcException")
        {
            return e.GetType().GetProperty("Kind")!.GetValue(e)!.ToString();
        }
    }
}
