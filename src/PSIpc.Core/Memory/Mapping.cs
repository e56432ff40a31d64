using PSIpc.Core.Platforms;

namespace PSIpc.Core.Memory;

/// <summary>A mapping of a file besides that of its segment. Its addresses are freed when nothing refers to it any more, so that no thread is ever at an address that means something else.</summary>
internal sealed unsafe class Mapping(byte* address, nuint size)
{
    ~Mapping() => Platform.Files.Unmap(Base, size);

    /// <summary>Its first byte.</summary>
    public byte* Base { get; } = address;

    /// <summary>Gives its memory back; zeros take its place.</summary>
    public void Retire() => Platform.Files.Retire(Base, size);
}
