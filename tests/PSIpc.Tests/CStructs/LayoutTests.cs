using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using System.Text;

namespace PSIpc.Tests;

/// <summary>Layouts and bytes of random structures, against what a C compiler makes of the same text.</summary>
public sealed class LayoutTests
{
    private const int Count = 500;
    private const int MostBytes = 4096;

    /// <summary>The types of C's headers, which a compiler for another machine may not have here.</summary>
    private const string Prelude = """
        typedef __INT8_TYPE__ int8_t; typedef __UINT8_TYPE__ uint8_t; typedef __INT16_TYPE__ int16_t; typedef __UINT16_TYPE__ uint16_t;
        typedef __INT32_TYPE__ int32_t; typedef __UINT32_TYPE__ uint32_t; typedef __INT64_TYPE__ int64_t; typedef __UINT64_TYPE__ uint64_t;
        typedef __WCHAR_TYPE__ wchar_t; typedef __CHAR16_TYPE__ char16_t;
        #define bool _Bool
        #define PLACE __attribute__((section(".psipc"), aligned(4096)))

        """;

    [Theory]
    [InlineData("SystemVX64", 1)]
    [InlineData("SystemVX64", 2, Traits = ["Tier", "Long"])]
    [InlineData("AArch64", 3)]
    [InlineData("Windows", 4)]
    public void Random_structures_are_laid_out_as_the_C_compiler_does(string abi, int seed)
    {
        CCompiler? compiler = CCompiler.For(abi);
        Assert.SkipUnless(compiler is not null, $"there is no C compiler for {abi} on this machine");
        var random = new Random(seed);
        var structures = new List<RandomStructure>();
        for (int i = 0; i < Count; i++)
        {
            structures.Add(new RandomStructure(random, $"S{i}", structures.TakeLast(20).Where(s => s.Depth < 2).ToArray(), abi == "Windows"));
        }

        byte[] section = compiler.Section(SourceOf(structures), ".psipc");
        using var session = new PowerShellSession();
        object?[] ours = session.RunCleanly(
            """
            foreach ($one in $structures) {
                $layout = New-CStruct $one.Declaration -Abi $abi
                $offsets = @{}
                foreach ($field in $layout.Fields.Where{ $_.Name }) { $offsets[$field.Name] = $field.Offset }
                $bytes = [Convert]::ToHexString((ConvertTo-IpcData $one.Value -Layout $layout))
                "$($layout.Name) $($layout.Size) $($layout.Alignment) $($offsets[$one.Offsets])"
                $bytes
                # What is read from the bytes has the same bytes again: as an object of all members, those of unions too.
                $one.HasUnion ? $bytes : [Convert]::ToHexString((ConvertTo-IpcData (ConvertFrom-IpcData ([Convert]::FromHexString($bytes)) -Layout $layout) -Layout $layout))
            }
            """,
            ("structures", structures.Select(s => new Hashtable { ["Declaration"] = s.Declaration, ["Value"] = s.Value, ["Offsets"] = s.Offsets.ToArray(), ["HasUnion"] = s.HasUnion }).ToArray()),
            ("abi", abi));
        for (int i = 0; i < Count; i++)
        {
            RandomStructure structure = structures[i];
            ReadOnlySpan<byte> numbers = section.AsSpan(2 * i * MostBytes);
            long[] theirs = new long[2 + structure.Offsets.Count];
            for (int n = 0; n < theirs.Length; n++)
            {
                theirs[n] = BinaryPrimitives.ReadInt64LittleEndian(numbers[(8 * n)..]);
            }

            string expected = $"{structure.Name} {string.Join(' ', theirs)}".TrimEnd();
            Assert.True(expected == ((string)ours[3 * i]!).TrimEnd(), $"C says {expected}, we say {ours[3 * i]}, for\n{structure.Declaration}");
            string bytes = Convert.ToHexString(section.AsSpan(((2 * i) + 1) * MostBytes, (int)theirs[0]));
            Assert.True(bytes == (string)ours[(3 * i) + 1]!, $"C says {bytes}, we say {ours[(3 * i) + 1]}, for\n{structure.Declaration}\n{structure.Initializer}");
            Assert.True(bytes == (string)ours[(3 * i) + 2]!, $"{bytes} came back as {ours[(3 * i) + 2]}, for\n{structure.Declaration}");
        }
    }

    private static string SourceOf(List<RandomStructure> structures)
    {
        var source = new StringBuilder(Prelude);
        foreach (RandomStructure structure in structures)
        {
            string type = $"{structure.Kind} {structure.Name}";
            string numbers = string.Join(", ", structure.Offsets.Select(name => $"__builtin_offsetof({type}, {name})"));
            source.Append(structure.Declaration);
            source.Append(CultureInfo.InvariantCulture, $"PLACE const unsigned long long numbers_{structure.Name}[{MostBytes / 8}] = {{ sizeof({type}), _Alignof({type}), {numbers} }};\n");
            source.Append(CultureInfo.InvariantCulture, $"PLACE const union {{ {type} value; char bytes[{MostBytes}]; }} value_{structure.Name} = {{ .value = {{ {structure.Initializer} }} }};\n");
        }

        return source.ToString();
    }
}
