using System.Runtime.InteropServices;

namespace PSIpc;

/// <summary>Whose rules decide sizes, alignments and the places of bit fields.</summary>
public enum CAbi
{
    /// <summary>System V on x86-64: Linux, macOS and the BSDs on Intel and AMD processors.</summary>
    SystemVX64 = 1,

    /// <summary>The procedure call standard of AArch64 (AAPCS64): Linux on ARM64.</summary>
    AArch64 = 2,

    /// <summary>Windows on 64-bit processors: long has 32 bits, wchar_t 16, and bit fields follow Microsoft's compiler.</summary>
    Windows = 3,
}

/// <summary>What the C types are by an ABI.</summary>
/// <param name="Abi">Which.</param>
/// <param name="LongSize">Bytes of <c>long</c>.</param>
/// <param name="WideCharSize">Bytes of <c>wchar_t</c>.</param>
/// <param name="IsCharSigned">Whether plain <c>char</c> can be negative.</param>
/// <param name="LongDouble">The format of <c>long double</c>.</param>
/// <param name="UnnamedBitFieldsAlign">Whether a bit field without a name counts for its structure's alignment.</param>
/// <remarks>
/// System V Application Binary Interface, AMD64 Architecture Processor Supplement, 3.1.2; Procedure Call Standard for the Arm 64-bit Architecture,
/// 5 and 10.1; Microsoft, "x64 ABI conventions" and "C bit fields".
/// </remarks>
internal sealed record CDataModel(
    CAbi Abi, int LongSize, int WideCharSize, bool IsCharSigned, CScalarKind LongDouble, bool UnnamedBitFieldsAlign)
{
    /// <summary>Bytes of a pointer, by all of them.</summary>
    public const int PointerSize = 8;

    private static readonly CDataModel SystemVX64 = new(CAbi.SystemVX64, 8, 4, true, CScalarKind.Extended, false);
    private static readonly CDataModel AArch64 = new(CAbi.AArch64, 8, 4, false, CScalarKind.Quadruple, true);
    private static readonly CDataModel Windows = new(CAbi.Windows, 4, 2, true, CScalarKind.Float, false);

    /// <summary>The ABI of this machine.</summary>
    public static CAbi Native { get; } = OperatingSystem.IsWindows() ? CAbi.Windows
        : RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? CAbi.AArch64
        : CAbi.SystemVX64;

    /// <summary>Whether bit fields follow Microsoft's compiler.</summary>
    public bool HasMicrosoftBitFields => Abi == CAbi.Windows;

    /// <summary>What an ABI says.</summary>
    public static CDataModel Of(CAbi abi) => abi switch
    {
        CAbi.SystemVX64 => SystemVX64,
        CAbi.AArch64 => AArch64,
        CAbi.Windows => Windows,
        _ => throw new ArgumentOutOfRangeException(nameof(abi)),
    };
}
