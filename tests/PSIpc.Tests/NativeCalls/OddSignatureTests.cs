namespace PSIpc.Tests;

/// <summary>Calls of a library that the test compiles: structures in every way that a calling convention passes them, and callbacks.</summary>
public sealed class OddSignatureTests : IDisposable
{
    private const string Source = """
        #include <stdint.h>
        #include <stdbool.h>
        #include <string.h>
        #include <uchar.h>
        typedef struct { float x, y; } TwoFloats;
        typedef struct { float x, y, z, w; } FourFloats;
        typedef struct { double x, y, z; } ThreeDoubles;
        typedef struct { int a; float b; double c; } Mixed;
        typedef struct { char text[3]; } ThreeBytes;
        typedef struct { int64_t a; double b; } IntegerAndDouble;
        typedef struct { double a; int64_t b; } DoubleAndInteger;
        typedef union { double d; int64_t i; } Either;
        typedef struct { unsigned a : 3; int b : 13; unsigned c : 20; } Bits;
        typedef struct { TwoFloats inner; int8_t tail; } Nested;
        typedef struct { int values[25]; } Hundred;
        typedef struct { int32_t x; double y; char name[16]; } Point;
        #pragma pack(push, 1)
        typedef struct { char a; double b; } Packed;
        #pragma pack(pop)
        TwoFloats two(TwoFloats v) { TwoFloats r = { v.y, v.x * 2 }; return r; }
        FourFloats four(FourFloats v, float f) { FourFloats r = { v.w, v.z, v.y, v.x * f }; return r; }
        ThreeDoubles three(ThreeDoubles v) { ThreeDoubles r = { v.z, v.y, v.x + 1 }; return r; }
        Mixed mixed(Mixed v) { Mixed r = { v.a + 1, v.b + 1, v.c + 1 }; return r; }
        ThreeBytes bytes(ThreeBytes v) { ThreeBytes r = { { v.text[2], v.text[1], v.text[0] } }; return r; }
        IntegerAndDouble first(IntegerAndDouble v) { v.a++; v.b += 0.5; return v; }
        DoubleAndInteger second(DoubleAndInteger v) { v.a += 0.5; v.b--; return v; }
        Either either(Either v) { v.i ^= 1LL << 63; return v; }
        Bits bits(Bits v) { v.a++; v.b = -v.b; v.c--; return v; }
        Nested nested(Nested v) { v.inner.x += 1; v.inner.y += 2; v.tail = -v.tail; return v; }
        Hundred hundred(Hundred v) { for (int i = 0; i < 25; i++) v.values[i] *= 2; return v; }
        Packed packed(Packed v) { v.a++; v.b *= 2; return v; }
        double many(int8_t a, uint16_t b, float c, double d, int64_t e, bool f, uint8_t g, int16_t h, int32_t i, double j, float k, double l, double m, double n, double o, double p, Mixed q)
        { return a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q.a + q.b + q.c; }
        int8_t negative(void) { return -3; }
        uint16_t large(void) { return 65535; }
        bool no(bool v) { return !v; }
        size_t length16(const char16_t *text) { size_t n = 0; while (text[n]) n++; return n; }
        int total(const char *const *texts, int count) { int n = 0; for (int i = 0; i < count; i++) n += (int)strlen(texts[i]); return n; }
        void move(Point *points, int count, double by) { for (int i = 0; i < count; i++) { points[i].x++; points[i].y += by; strcat(points[i].name, "!"); } }
        void fill(double *values, int count) { for (int i = 0; i < count; i++) values[i] = i * 1.5; }
        double integrate(double (*f)(double), int steps) { double sum = 0; for (int i = 0; i < steps; i++) sum += f((i + 0.5) / steps); return sum / steps; }
        Point map(Point (*f)(Point, const char *), Point p) { return f(p, "from C"); }
        enum Color { Red, Green = 5 };
        enum Color next(enum Color c) { return c == Red ? Green : Red; }
        """;

    private const string Types = """
        $null = New-CStruct '
        typedef struct { float x, y; } TwoFloats; typedef struct { float x, y, z, w; } FourFloats; typedef struct { double x, y, z; } ThreeDoubles;
        typedef struct { int a; float b; double c; } Mixed; typedef struct { char text[3]; } ThreeBytes; typedef struct { int64_t a; double b; } IntegerAndDouble;
        typedef struct { double a; int64_t b; } DoubleAndInteger; typedef union { double d; int64_t i; } Either;
        typedef struct { unsigned a : 3; int b : 13; unsigned c : 20; } Bits; typedef struct { TwoFloats inner; int8_t tail; } Nested;
        typedef struct { int values[25]; } Hundred; typedef struct { int32_t x; double y; char name[16]; } Point;
        #pragma pack(push, 1)
        typedef struct { char a; double b; } Packed;
        #pragma pack(pop)
        enum Color { Red, Green = 5 }; typedef struct { enum Color c; } HasColor;'
        function Call($name, $returns, $types, $arguments) { Invoke-NativeFunction -Library $library -Name $name -ReturnType $returns -ArgumentType $types -ArgumentList $arguments }

        """;

    private readonly PowerShellSession _session = new();
    private readonly TemporaryFolder _folder = new();
    private readonly string _library;

    public OddSignatureTests()
    {
        CCompiler? compiler = CCompiler.For("SystemVX64");
        Assert.SkipUnless(compiler is not null && OperatingSystem.IsLinux(), "gcc is not on this machine");
        _library = Path.Combine(_folder.Path, "odd.so");
        compiler.Library(Source, _library);
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("two", "TwoFloats", "@{ x = 1.5; y = 2.5 }", "2.5 3")]
    [InlineData("three", "ThreeDoubles", "@{ x = 1; y = 2; z = 3 }", "3 2 2")]
    [InlineData("mixed", "Mixed", "@{ a = 1; b = 2; c = 3 }", "2 3 4")]
    [InlineData("bytes", "ThreeBytes", "@{ text = 'abc' }", "cba")]
    [InlineData("first", "IntegerAndDouble", "@{ a = 9007199254740993; b = 1 }", "9007199254740994 1.5")]
    [InlineData("second", "DoubleAndInteger", "@{ a = 1; b = 9007199254740993 }", "1.5 9007199254740992")]
    [InlineData("either", "Either", "@{ d = 2.5 }", "-2.5 -4610560118520545280")]
    [InlineData("bits", "Bits", "@{ a = 6; b = 4000; c = 5 }", "7 -4000 4")]
    [InlineData("packed", "Packed", "@{ a = 1; b = 2.5 }", "2 5")]
    public void A_structure_goes_in_and_comes_back_by_value(string function, string type, string value, string expected)
    {
        object?[] output = _session.RunCleanly(
            Types + $"$r = Call {function} {type} {type} @(, {value}); \"$($r.PSObject.Properties.ForEach{{ $_.Value }})\"", ("library", _library));
        Assert.Equal([expected], output);
    }

    [Fact]
    public void Structures_in_structures_large_ones_and_those_beside_numbers_arrive()
    {
        object?[] output = _session.RunCleanly(
            Types + """
                $r = Call nested Nested Nested @(, @{ inner = @{ x = 1; y = 2 }; tail = 7 })
                "$($r.inner.x) $($r.inner.y) $($r.tail)"
                $r = Call four FourFloats FourFloats, float @{ x = 1; y = 2; z = 3; w = 4 }, 0.5
                "$($r.x) $($r.y) $($r.z) $($r.w)"
                $r = Call hundred Hundred Hundred @(, @{ values = 1..25 })
                "$($r.values[0]) $($r.values[24])"
                Call many double int8_t, uint16_t, float, double, int64_t, bool, uint8_t, int16_t, int32_t, double, float, double, double, double, double, double, Mixed @(-1, 2, 3, 4, 5, $true, 7, -8, 9, 10, 11, 12, 13, 14, 15, 16, @{ a = 17; b = 18; c = 19 })
                """,
            ("library", _library));
        Assert.Equal(["2 4 -7", "4 3 2 0.5", "2 50", 167.0], output);
    }

    [Fact]
    public void Small_numbers_text_and_enumerations_keep_their_kind()
    {
        object?[] output = _session.RunCleanly(
            Types + """
                Call negative int8_t @() @()
                Call large uint16_t @() @()
                Call no bool bool @($true)
                Call length16 size_t wstring @('ä€𝄞')
                Call total int 'const char *const *', int @(('one', 'three'), 2)
                Call next 'int' 'int' @(0)
                """,
            ("library", _library));
        Assert.Equal([(sbyte)-3, (ushort)65535, false, 4UL, 8, 5], output);
    }

    [Fact]
    public void Arrays_and_structures_by_pointer_come_back_changed()
    {
        object?[] output = _session.RunCleanly(
            Types + """
                $doubles = [double[]]::new(3); Call fill void 'double *', int @($doubles, 3); "$doubles"
                $points = @{ x = 1; name = 'a' }, @{ x = 5; y = 2; name = 'b' }
                Call move void 'Point *', int, double @($points, 2, 0.5)
                $points.ForEach{ "$($_.x) $($_.y) $($_.name)" }
                $one = [pscustomobject]@{ x = 1; y = 1; name = '' }
                Call move void 'Point *', int, double @($one, 1, 0.5); "$($one.x) $($one.y) $($one.name)"
                """,
            ("library", _library));
        Assert.Equal(["0 1.5 3", "2 0.5 a!", "6 2.5 b!", "2 1.5 !"], output);
    }

    [Fact]
    public void Script_blocks_take_and_give_numbers_and_structures()
    {
        object?[] output = _session.RunCleanly(
            Types + """
                Call integrate double 'double (*)(double)', int @({ param($x) 3 * $x * $x }, 1000)
                $r = Call map Point 'Point (*)(Point, const char *)', Point @({ param($p, $text) @{ x = $p.x + 1; y = $p.y * 2; name = $text } }, @{ x = 1; y = 2.5 })
                "$($r.x) $($r.y) $($r.name)"
                """,
            ("library", _library));
        Assert.Equal(1.0, (double)output[0]!, 5);
        Assert.Equal("2 5 from C", output[1]);
    }

    [Fact]
    public void A_library_is_found_by_a_path_from_the_current_location_and_may_have_functions_named_as_C_ones()
    {
        object?[] output = _session.RunCleanly(
            """
            $null = $ExecutionContext.SessionState.Path.SetLocation([System.IO.Path]::GetDirectoryName($library))
            $odd = Import-NativeLibrary ./odd.so
            $odd.HasFunction('many'); $odd.HasFunction('few')
            Invoke-NativeFunction $odd no -ReturnType bool -ArgumentType bool -ArgumentList $false
            """,
            ("library", _library));
        Assert.Equal([true, false, true], output);
    }
}
