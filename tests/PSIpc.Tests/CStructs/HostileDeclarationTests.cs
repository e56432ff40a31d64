using System.Text;

namespace PSIpc.Tests;

/// <summary>CStruct messages carry C text: none may cost a receiver its stack, its memory or its time.</summary>
public sealed class HostileDeclarationTests : IDisposable
{
    private const int SmallStack = 1 << 20;
    private const long MostAllocated = 64 << 20;

    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    public static TheoryData<string, int, bool> Texts => new()
    {
        { Chain(40, i => i == 0 ? "typedef int(*a0)(int,int,int,int,int,int,int,int);" : $"typedef int(*a{i})({Repeat($"a{i - 1}", 8, ",")});") + "struct A{a39 x;};", 8, false },
        { "union A{int8_t a,b,c,d,e,f,g,h,i,j;};union B{union A a,b,c,d,e,f,g,h,i,j;};union C{union B a,b,c,d,e,f,g,h,i,j;};union D{union C a,b,c,d,e,f,g,h,i,j;};", 800, true },
        { "struct A{" + Repeat("enum:", 12_000, "") + "int x;};", 4, false },
        { "struct A{" + Repeat("alignas(const ", 4_000, "") + "int x;};", 4, false },
        { Repeat("struct __declspec(align(const ", 2_000, "") + "int x;};", 4, false },
        { "struct q0{int8_t x;};" + Chain(2_000, i => $"struct q{i + 1}{{struct q{i} x;}};"), 1, false },
        { "typedef char a0[1];" + Chain(2_500, i => $"typedef a{i} a{i + 1}[1];") + "struct A{a2500 x;};", 1, false },
        { "struct A{int " + Repeat("*", 60_000, "") + "p;};", 8, false },
        { "struct A{int x" + Repeat("[1]", 20_000, "") + ";};", 4, false },
        { "struct A{int x[" + Repeat("(", 20_000, "") + "1];};", 4, false },
        { "struct A{int x[" + Repeat("1?", 20_000, "") + "1];};", 4, false },
        { "struct A{enum:__int128{X} a;};", 16, false },
        { "struct A{enum " + new string('e', 1100) + "{X} a;};", 4, false },
        { "struct A{int8_t psobject;};", 1, false },
        { "struct A{enum E9:uint8_t{BIG=300} a;};", 1, false },
        { "struct A{int x[1<<40][1<<40];};", 4, false },
        { "struct A{struct{}x[1000000000];};", 0, true },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_message_is_refused_soon_and_with_little_memory_and_stack(string text, int bodyBytes, bool isArray)
    {
        var serializer = new SerializerHandle(_session, "CStruct");
        byte[] message = Message(text, bodyBytes, isArray);
        string? refusal = "none";
        long allocated = 0;
        var thread = new Thread(
            () =>
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                refusal = serializer.Refusal(message);
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            },
            SmallStack);
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromSeconds(120)), "it hangs");
        Assert.Equal("CorruptData", refusal);
        Assert.InRange(allocated, 0, MostAllocated);
    }

    [Fact]
    public void Messages_do_not_use_up_the_enumerations_of_the_session()
    {
        var serializer = new SerializerHandle(_session, "CStruct");
        string enums = Chain(500, i => $"enum e{i}_{Guid.NewGuid():N}{{V{i}=1}};");
        string text = enums + "struct A{" + string.Concat(enums.Split(';', StringSplitOptions.RemoveEmptyEntries).Select((e, i) => $"{e[..e.IndexOf('{', StringComparison.Ordinal)]} m{i};")) + "};";
        Assert.Null(serializer.Refusal(Message(text, 4 * 500, isArray: false)));
        object?[] output = _session.RunCleanly(
            "$null = New-CStruct 'enum Later { Red = 1 }; struct UsesLater { enum Later c; };'; (ConvertFrom-IpcData ([byte[]](1, 0, 0, 0)) -Layout UsesLater).c -eq 'Red'");
        Assert.Equal([true], output);
    }

    private static byte[] Message(string text, int bodyBytes, bool isArray)
    {
        byte[] declaration = Encoding.UTF8.GetBytes(text);
        Assert.InRange(declaration.Length, 1, ushort.MaxValue);
        int index = text.Contains("union D", StringComparison.Ordinal) ? 3 : 0;
        return
        [
            1, 1, (byte)(isArray ? 1 : 0), 0, (byte)index, 0, (byte)declaration.Length, (byte)(declaration.Length >> 8),
            .. declaration, .. new byte[bodyBytes],
        ];
    }

    private static string Repeat(string text, int count, string separator) => string.Join(separator, Enumerable.Repeat(text, count));

    private static string Chain(int count, Func<int, string> make) => string.Concat(Enumerable.Range(0, count).Select(make));
}
