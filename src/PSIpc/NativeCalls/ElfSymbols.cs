using System.Buffers.Binary;
using System.Text;

namespace PSIpc;

/// <summary>Reads the functions that an ELF file (64 bits, little-endian) exports. Anything that is not one, or is damaged, has none.</summary>
/// <remarks>Offsets are those of the System V ABI, chapters "Sections" and "Symbol Table". The file is read as data; every place is checked by the span.</remarks>
internal static class ElfSymbols
{
    private const long LargestFile = 1L << 28;
    private const uint DynamicSymbols = 11;
    private const int SymbolSize = 24;
    private const int SectionSize = 64;
    private const int Function = 2;
    private const int IndirectFunction = 10;

    /// <summary>The names, in no order.</summary>
    public static IReadOnlyCollection<string> FunctionsOf(string path)
    {
        try
        {
            return new FileInfo(path).Length <= LargestFile ? Read(File.ReadAllBytes(path)) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException or OverflowException)
        {
            return [];
        }
    }

    private static HashSet<string> Read(ReadOnlySpan<byte> file)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (file.Length < SectionSize || !file.StartsWith("\u007fELF"u8) || file[4] != 2 || file[5] != 1)
        {
            return names;
        }

        int sections = Offset(file, 40);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[60..]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> section = file.Slice(checked(sections + (i * SectionSize)), SectionSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) == DynamicSymbols)
            {
                int linked = BinaryPrimitives.ReadInt32LittleEndian(section[40..]);
                ReadOnlySpan<byte> texts = Content(file, file.Slice(checked(sections + (linked * SectionSize)), SectionSize));
                ReadSymbols(Content(file, section), texts, names);
            }
        }

        return names;
    }

    private static void ReadSymbols(ReadOnlySpan<byte> symbols, ReadOnlySpan<byte> texts, HashSet<string> names)
    {
        for (; symbols.Length >= SymbolSize; symbols = symbols[SymbolSize..])
        {
            bool isDefined = BinaryPrimitives.ReadUInt16LittleEndian(symbols[6..]) != 0;
            bool isGlobal = symbols[4] >> 4 is 1 or 2;
            if (isDefined && isGlobal && (symbols[4] & 15) is Function or IndirectFunction)
            {
                ReadOnlySpan<byte> text = texts[Offset32(symbols)..];
                names.Add(Encoding.UTF8.GetString(text[..text.IndexOf((byte)0)]));
            }
        }
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> file, ReadOnlySpan<byte> section) => file.Slice(Offset(section, 24), Offset(section, 32));

    private static int Offset(ReadOnlySpan<byte> bytes, int at) => checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]));

    private static int Offset32(ReadOnlySpan<byte> bytes) => checked((int)BinaryPrimitives.ReadUInt32LittleEndian(bytes));
}
