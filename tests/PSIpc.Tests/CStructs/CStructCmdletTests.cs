using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>New-CStruct, Get-CStruct, and C structures as bytes and as messages, as a user sees them.</summary>
public sealed class CStructCmdletTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void A_layout_says_where_its_members_are()
    {
        object?[] output = _session.RunCleanly("""
            $p = New-CStruct 'struct Point { int32_t x; double y; char name[16]; short m[2][3]; unsigned a : 3, b : 7; };' -Abi SystemVX64
            $p.Name; $p.Size; $p.Alignment
            $p.Fields.ForEach{ "$($_.Name) $($_.Type) $($_.Offset) $($_.Size) $($_.Count) $($_.BitOffset) $($_.BitWidth)" }
            """);
        Assert.Equal(
            ["Point", 48L, 8, "x int32_t 0 4 1 0 0", "y double 8 8 1 0 0", "name char 16 16 16 0 0", "m short 32 12 6 0 0", "a unsigned int 44 4 1 0 3", "b unsigned int 44 4 1 3 7"],
            output);
    }

    [Fact]
    public void Objects_become_bytes_and_come_back()
    {
        object?[] output = _session.RunCleanly("""
            $p = New-CStruct 'enum Color { Red, Green = 5 }; struct Point { int32_t x; double y; char name[8]; enum Color color; bool on; uint8_t raw[3]; struct { int low, high; }; float m[2][2]; void *p; };'
            $bytes = ConvertTo-IpcData ([pscustomobject]@{ X = -2; y = '1.5'; name = 'höhe'; color = 'Green'; on = $true; raw = [byte[]](1, 2, 3); high = 9; m = @(1, 2), @(3); p = 4096 }) -Layout $p
            $bytes.Length -eq $p.Size
            $o = ConvertFrom-IpcData $bytes CStruct -Layout Point
            $o.x; $o.y; $o.name; "$($o.color)"; $o.color -eq 5; $o.on; "$($o.raw)"; $o.low; $o.high; "$($o.m[0]) $($o.m[1])"; $o.p.GetType().Name
            $o.x.GetType().Name; $o.raw.GetType().Name; $o.m[0].GetType().Name; $o.PSObject.TypeNames[0]
            [Convert]::ToHexString($bytes) -eq [Convert]::ToHexString((ConvertTo-IpcData $o -Layout $p))
            [Convert]::ToHexString($bytes) -eq [Convert]::ToHexString($p.ToBytes($o))
            """);
        Assert.Equal([true, -2, 1.5, "höhe", "Green", true, true, "1 2 3", 0, 9, "1 2 3 0", "IntPtr", "Int32", "Byte[]", "Single[]", "CStruct.Point", true, true], output);
    }

    [Fact]
    public void A_list_of_objects_is_an_array_of_structures()
    {
        object?[] output = _session.RunCleanly("""
            $null = New-CStruct 'struct Pair { short a; short b; };'
            $bytes = ConvertTo-IpcData @(@{ a = 1; b = 2 }, @{ a = 3 }, [ordered]@{ b = 4 }) -Layout Pair
            "$bytes"
            $back = ConvertFrom-IpcData $bytes -Layout 'struct Pair'
            $back.Count; $back[2].b
            """);
        Assert.Equal(["1 0 2 0 3 0 0 0 0 0 4 0", 3, (short)4], output);
    }

    [Theory]
    [InlineData("@{ i = 2147483648 }", "'i' (int) takes -2147483648 to 2147483647, not 2147483648", "int i;")]
    [InlineData("@{ i = -1 }", "takes 0 to 255, not -1", "uint8_t i;")]
    [InlineData("@{ i = 1.5 }", "whole numbers, not 1.5", "int i;")]
    [InlineData("@{ i = 'many' }", "not the text 'many'", "int i;")]
    [InlineData("@{ i = $null }", "not null", "int i;")]
    [InlineData("@{ i = 8 }", "'i' (int : 4) takes -8 to 7, not 8", "int i : 4;")]
    [InlineData("@{ f = 1e300 }", "not 1E+300", "float f;")]
    [InlineData("@{ t = 'abcd' }", "has room for 3 bytes, and this text needs 4", "char t[3];")]
    [InlineData("@{ t = 'ä€' }", "this text needs 5", "char t[4];")]
    [InlineData("@{ a = 1, 2, 3 }", "has room for 2 elements", "int a[2];")]
    [InlineData("@{ a = 5 }", "a list of up to 2", "int a[2];")]
    [InlineData("@{ e = 'Blue' }", "has no constant 'Blue'. It has: Red, Green", "enum { Red, Green } e;")]
    [InlineData("@{ z = 1 }", "has no member 'z'. It has: i", "int i;")]
    [InlineData("@{ s = @{ y = 1 } }", "has no member 'y'", "struct { int x; } s;")]
    [InlineData("@{ s = 5 }", "takes a hashtable or an object", "struct { int x; } s;")]
    [InlineData("@{ b = 2 }", "takes 0 to 1, not 2", "bool b;")]
    [InlineData("'text'", "takes a hashtable or an object with the members i", "int i;")]
    [InlineData("@{ u = @{ i = 1; f = 2.5 } }", "share their bytes", "union { int i; float f; } u;")]
    public void What_does_not_fit_is_an_error_that_names_the_member(string value, string message, string members)
    {
        ErrorRecord error = _session.RunForError($"ConvertTo-IpcData ({value}) -Layout 'struct T {{ {members} }};'");
        Assert.StartsWith("IpcSerialization,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("struct A { int x }", "line 1, column 18: ';' is expected, not '}'")]
    [InlineData("struct A {\n  int x;\n  foo y; };", "line 3, column 3: 'foo' is not the name of a type")]
    [InlineData("struct A { struct A a; };", "'a' has the type struct A, whose size is not known")]
    [InlineData("struct A { void v; };", "'v' has the type void")]
    [InlineData("struct A { int x; int X; };", "two members are called")]
    [InlineData("struct A { int x; }; struct A { int y; };", "'A' is declared already")]
    [InlineData("struct A { };", "1 to")]
    [InlineData("struct A { int x : 33; };", "1 to 32 bits, not 33")]
    [InlineData("struct A { float x : 3; };", "an integer type")]
    [InlineData("struct A { int x[-1]; };", "no -1 elements")]
    [InlineData("struct A { char x[3000000000]; };", "too large")]
    [InlineData("struct A { char x[0x7fffffffffffffff][9]; };", "beyond 64 bits")]
    [InlineData("int x;", "only types are declared")]
    [InlineData("int f(int);", "only types are declared")]
    [InlineData("struct A { long long long x; };", "'long long long' is not a type")]
    [InlineData("struct A { _Complex double x; };", "is not a type that is known")]
    [InlineData("#ifdef X\nstruct A { int x; };\n#endif", "of lines with #")]
    [InlineData("#pragma pack(3)\nstruct A { int x; };", "pack takes 1, 2, 4, 8 or 16")]
    [InlineData("struct A { int x; } /* open", "the comment does not end")]
    [InlineData("typedef int T;", "declares no structure")]
    [InlineData("enum E { A, B }; enum F { B };", "'B' is declared already")]
    [InlineData("struct A { int x[1/0]; };", "division by 0")]
    public void Text_that_is_no_declaration_is_told_with_its_place(string text, string message)
    {
        ErrorRecord error = _session.RunForError("New-CStruct $text", ("text", text));
        Assert.StartsWith("IpcInvalidDeclaration,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Declarations_of_every_form_are_read()
    {
        object?[] output = _session.RunCleanly("""
            $all = New-CStruct '
                #include <stdint.h>
                #define COUNT (2 * 3) // six
                #define MASK 0x10
                typedef unsigned int uint;
                typedef uint Row[COUNT], *Pointer;
                struct Node;
                enum Kind { First = -1, Second, Third = 1 << 4 | MASK };
                struct Node { struct Node *next, **all; Row row; Pointer p; enum Kind kind; const char *const names[2]; int (*compare)(const void *, const void *);
                    int (*(*table[3])(int, ...))[4]; char text[sizeof(struct Node *) + ''\0'' + (COUNT > 5 ? 1 : 9)]; long unsigned int odd; volatile _Bool done; };
                typedef struct { int64_t id; } Named, *NamedPointer;
                typedef struct Tagged { Named inner[COUNT / 4]; } Tagged_t;
                union U { struct { uint8_t lo, hi; }; uint16_t both; };' -Abi SystemVX64
            $all.ForEach{ "$($_.Name) $($_.Size)" }
            $all[0].Fields.Where{ $_.Name -in 'row', 'table', 'text' }.ForEach{ "$($_.Type) $($_.Count)" }
            (ConvertFrom-IpcData ([byte[]](1, 2)) -Layout U).both
            [Convert]::ToHexString((ConvertTo-IpcData @{ lo = 1; hi = 2 } -Layout U))
            [Convert]::ToHexString((ConvertTo-IpcData (ConvertFrom-IpcData ([byte[]](1, 2)) -Layout U) -Layout U))
            """);
        Assert.Equal(["Node 136", "Named 8", "Tagged 8", "U 2", "unsigned int 6", "int (*)(int, ...) 3", "char 9", (ushort)513, "0102", "0102"], output.Select(o => o is string text ? text.Replace("int[4] *", "int", StringComparison.Ordinal) : o));
    }

    [Fact]
    public void Later_declarations_use_earlier_ones_of_the_session()
    {
        object?[] output = _session.RunCleanly("""
            $null = New-CStruct 'struct Inner { short s; };' -Pack 1
            $outer = New-CStruct 'struct Outer { char c; struct Inner i; };'
            $outer.Size
            $queue = New-IpcQueue
            Send-IpcMessage $queue @{ c = 1; i = @{ s = 2 } } -Layout $outer
            $process = Start-IpcProcess { $got = Receive-IpcMessage $using:queue; "$($got.c) $($got.i.s)"; (Get-CStruct).Count; "$(ConvertTo-IpcData @{ c = 7 } -Layout $using:outer)" }
            $process | Wait-IpcProcess | Receive-IpcProcess
            Remove-IpcQueue $queue
            @(Get-CStruct Inn*).Name
            """);
        Assert.Equal([3L, "1 2", 0, "7 0 0", "Inner"], output);
    }

    [Fact]
    public void Byte_order_packing_and_the_ABI_can_be_chosen()
    {
        object?[] output = _session.RunCleanly("""
            $big = New-CStruct 'struct Header { uint16_t kind; uint32_t length; unsigned version : 4, size : 12; char16_t text[2]; double d; };' -BigEndian -Pack 1
            $bytes = ConvertTo-IpcData @{ kind = 1; length = 0x01020304; version = 4; size = 5; text = 'ab'; d = 1 } -Layout $big
            [Convert]::ToHexString($bytes)
            $o = ConvertFrom-IpcData $bytes -Layout $big; $o.length; $o.version; $o.size; $o.text; $o.d
            (New-CStruct 'struct L { long l; wchar_t w; };' -Abi Windows).Size
            (New-CStruct 'struct L { long l; wchar_t w; };' -Abi AArch64).Size
            """);
        Assert.Equal(["000101020304400500610062" + "3FF0000000000000", 0x01020304U, 4U, 5U, "ab", 1.0, 8L, 16L], output);
    }

    [Theory]
    [InlineData("0", 0.0)]
    [InlineData("-1.5", -1.5)]
    [InlineData("[double]::MaxValue", double.MaxValue)]
    [InlineData("[double]::Epsilon", double.Epsilon)]
    [InlineData("[double]::NegativeInfinity", double.NegativeInfinity)]
    [InlineData("[double]::NaN", double.NaN)]
    [InlineData("2.2250738585072011e-308", 2.2250738585072011e-308)]
    public void Long_doubles_hold_every_double(string value, double expected)
    {
        foreach (string abi in new[] { "SystemVX64", "AArch64" })
        {
            object?[] output = _session.RunCleanly(
                $"$l = New-CStruct 'struct D {{ long double d; }};' -Abi {abi}; (ConvertFrom-IpcData (ConvertTo-IpcData @{{ d = {value} }} -Layout $l) -Layout $l).d");
            Assert.Equal([expected], output);
        }
    }

    [Fact]
    public void Bytes_of_another_size_and_layouts_of_other_names_are_errors()
    {
        Assert.StartsWith("IpcCorruptData,", _session.RunForError("ConvertFrom-IpcData ([byte[]](1, 2, 3)) -Layout 'struct S { short s; };'").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("IpcNotFound,", _session.RunForError("ConvertTo-IpcData @{} -Layout Nowhere").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("IpcNotFound,", _session.RunForError("Get-CStruct Nowhere").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("IpcNotSupported,", _session.RunForError("ConvertTo-IpcData @{} Json -Layout 'struct S { short s; };'").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("-Layout", _session.RunForError("ConvertTo-IpcData @{} CStruct").Exception.Message, StringComparison.Ordinal);
        Assert.Contains("-Layout", _session.RunForError("ConvertFrom-IpcData ([byte[]](1)) CStruct").Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Structures_may_be_named_before_they_are_declared()
    {
        object?[] output = _session.RunCleanly("""
            $null = New-CStruct 'struct Nd { char old; };'
            $all = New-CStruct '
                typedef struct pt pt; struct pt { int x, y; }; struct rect { pt a, b; char pad[sizeof(pt) + 4]; };
                typedef struct Nd Nd; struct Nd { int v[10]; Nd *next; }; struct Lst { Nd head; };' -Abi SystemVX64
            $all.ForEach{ "$($_.Name) $($_.Size)" }
            $again = foreach ($i in 1..12) { New-CStruct 'struct LA { struct LA *n; struct LB *o; }; struct LB { int z; };' }
            $again[-1].Declaration.Length -lt 200
            """);
        Assert.Equal(["pt 8", "rect 28", "Nd 48", "Lst 48", true], output);
    }

    [Fact]
    public void Constants_and_enumerations_have_the_types_of_C()
    {
        object?[] output = _session.RunCleanly("""
            $all = New-CStruct '
                enum A { ALL = ~0, TOP = 1 << 31 }; enum B { MAX = 0xFFFFFFFFFFFFFFFFULL }; enum C { U = 0xFFFFFFFF }; enum D { N = -1, L = 3000000000 };
                #define CD /* five */ 5
                #define JOINED \
                    (CD + \
                     1)
                #define CAST ((uint8_t)0x1FF << 1)
                struct S { enum A a; enum B b; enum C c; enum D d; char x[JOINED]; char y[CAST]; char z[-1 < 0u ? 1 : 2]; char w[7 / 2 * 2u]; };' -Abi SystemVX64
            $all[0].Fields.ForEach{ "$($_.Name) $($_.Size)" }
            (New-CStruct 'struct W { enum { A, FORCE = 0xFFFFFFFF } e; };' -Abi Windows).Size
            """);
        Assert.Equal(["a 4", "b 8", "c 4", "d 8", "x 6", "y 510", "z 2", "w 6", 4L], output);
    }

    [Theory]
    [InlineData("typedef unsigned int DW; typedef unsigned int DW; typedef unsigned int uint32_t; struct A { DW a; uint32_t b; };", 8)]
    [InlineData("struct A { int x; }; struct A { int x; }; enum E { P }; enum E { P };", 4)]
    [InlineData("enum E {\n#define P 1\n X = P,\n#define Q 2\n Y = Q };\nstruct A { enum E e; };", 4)]
    [InlineData("typedef int (fn)(int); typedef int (__stdcall *cb)(int); typedef int (*(*table)[3])(void); struct A { fn *f; cb c; table t; };", 24)]
    [InlineData("typedef struct _Foo { int x; } Foo, *PFoo; struct A { Foo f; PFoo p; };", 16)]
    public void Headers_as_people_write_them_are_read(string text, int size)
    {
        object?[] output = _session.RunCleanly("(New-CStruct $text -Abi SystemVX64)[-1].Size", ("text", text.Replace("\\n", "\n", StringComparison.Ordinal)));
        Assert.Equal([(long)size], output);
    }

    [Fact]
    public void A_typedef_is_another_name_of_its_structure_and_texts_that_say_the_same_combine()
    {
        object?[] output = _session.RunCleanly("""
            $null = New-CStruct 'typedef struct _Foo2 { int x; } Foo2;'
            (New-CStruct 'struct UsesFoo2 { Foo2 f; };').Size; (ConvertTo-IpcData @{ x = 1 } -Layout Foo2).Length
            $null = New-CStruct "#define N 4`nstruct DA { int x[N]; };"
            $null = New-CStruct "#define N 4`nstruct DB { struct DA a; int y[N]; };"
            $queue = New-IpcQueue; Send-IpcMessage $queue @{ y = 1, 2 } -Layout DB; "$((Receive-IpcMessage $queue).y)"; Remove-IpcQueue $queue
            """);
        Assert.Equal([4L, 4, "1 2 0 0"], output);
    }

    [Theory]
    [InlineData("@{ d = [bigint]::Pow(10, 400) }", "double d;", "takes numbers up to")]
    [InlineData("@{ t = \"a`0b\" }", "char t[8];", "a character 0")]
    [InlineData("@{ b = [byte[]](200, 1) }", "int8_t b[2];", "takes -128 to 127, not 200")]
    [InlineData("@{ c = '15' }", "char c;", "one character or a number")]
    public void Nothing_is_lost_in_silence(string value, string members, string message)
    {
        ErrorRecord error = _session.RunForError($"ConvertTo-IpcData ({value}) -Layout 'struct T {{ {members} }};'");
        Assert.StartsWith("IpcSerialization,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("struct r { char b[64 - sizeof(struct nowhere)]; };", "the size of struct nowhere is not known")]
    [InlineData("struct A { enum E9 : uint8_t { BIG = 300 } e; };", "not in the range")]
    [InlineData("struct A { int pstypenames; };", "which PowerShell keeps")]
    [InlineData("typedef int T; typedef long T;", "'T' is declared already")]
    public void What_C_refuses_is_refused(string text, string message) =>
        Assert.Contains(message, _session.RunForError("New-CStruct $text", ("text", text)).Exception.Message, StringComparison.Ordinal);
}
