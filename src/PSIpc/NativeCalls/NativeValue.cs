using System.Runtime.InteropServices;

namespace PSIpc;

/// <summary>Native values as PowerShell sees them: text for pointers to characters, typed pointers for others.</summary>
internal static class NativeValue
{
    private static readonly CValueReader Reader = new(isBigEndian: false);

    /// <summary>Reads a value of any type.</summary>
    public static object? Read(ReadOnlySpan<byte> source, CType type) =>
        type is CPointerType pointer ? Read(MemoryMarshal.Read<nint>(source), pointer) : Reader.Read(source, type);

    private static object? Read(nint address, CPointerType type) => type.Target switch
    {
        CScalarType { Text: not CText.None } => PointerArgument.ReadText(address, type),
        CVoidType or CFunctionType or CIncompleteType => address,
        _ => address == 0 ? null : new NativePointer(address, type.Target),
    };
}
