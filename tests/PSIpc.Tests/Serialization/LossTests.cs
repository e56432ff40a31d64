using System.Globalization;
using System.Management.Automation;
using System.Numerics;

namespace PSIpc.Tests;

/// <summary>What Json and CliXml make of each type: the table of docs/serializers.md, kept to the letter.</summary>
public sealed class LossTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public static TheoryData<object, string, string> Table { get; } = new(
        ("text", "String", "String"),
        (true, "Boolean", "Boolean"),
        ('c', "String", "Char"),
        ((byte)200, "Int32", "Byte"),
        ((sbyte)-5, "Int32", "SByte"),
        ((short)-300, "Int32", "Int16"),
        ((ushort)60000, "Int32", "UInt16"),
        (5, "Int32", "Int32"),
        (4000000000u, "Int64", "UInt32"),
        (5L, "Int32", "Int64"),
        (ulong.MaxValue, "BigInteger", "UInt64"),
        (1.5f, "Double", "Single"),
        (0.1, "Double", "Double"),
        (double.NaN, "String", "Double"),
        (0.10m, "Double", "Decimal"),
        (0.1234567890123456789m, "Decimal", "Decimal"),
        (BigInteger.Pow(10, 50), "BigInteger", "Deserialized.System.Numerics.BigInteger"),
        ((Half)1.5, "String", "Deserialized.System.Half"),
        (Int128.MaxValue, "BigInteger", "Deserialized.System.Int128"),
        ((nint)7, "String", "Deserialized.System.IntPtr"),
        (new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), "String", "DateTime"),
        (new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)), "String", "Deserialized.System.DateTimeOffset"),
        (TimeSpan.FromSeconds(5), "String", "TimeSpan"),
        (new DateOnly(2026, 2, 3), "String", "Deserialized.System.DateOnly"),
        (new TimeOnly(4, 5, 6), "String", "Deserialized.System.TimeOnly"),
        (Guid.Empty, "String", "Guid"),
        (new Uri("https://example.org/"), "String", "Uri"),
        (new Version(1, 2), "String", "Version"),
        (new byte[] { 1, 2 }, "String", "Byte[]"),
        (new[] { 1, 2 }, "Object[]", "Deserialized.System.Int32[]"),
        (new object[] { 1, "two" }, "Object[]", "Deserialized.System.Object[]"),
        (DayOfWeek.Friday, "String", "Deserialized.System.DayOfWeek"),
        (ScriptBlock.Create("1 + 1"), "String", "String"));

    public void Dispose() => _session.Dispose();

    [Theory]
    [MemberData(nameof(Table), DisableDiscoveryEnumeration = true)]
    public void Json_and_CliXml_lose_what_is_written_down(object value, string json, string cliXml)
    {
        Assert.Equal((json, cliXml), (TypeAfter(value, "Json"), TypeAfter(value, "CliXml")));
    }

    [Fact]
    public void Text_forms_are_invariant()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        try
        {
            object?[] output = _session.RunCleanly("[Text.Encoding]::UTF8.GetString((ConvertTo-IpcData @(1.5, [timespan]::FromDays(1.5), [decimal]2.5, [datetime]::new(2026, 1, 2)) Json))");
            Assert.Equal("[1.5,\"1.12:00:00\",2.5,\"2026-01-02T00:00:00.0000000\"]", Assert.Single(output));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private string TypeAfter(object value, string serializer)
    {
        PSObject? back = Assert.Single(_session.Run(
            "$x = ConvertFrom-IpcData (ConvertTo-IpcData $value $serializer) -Serializer $serializer; , $x",
            ("value", value),
            ("serializer", serializer)));
        Assert.Empty(_session.Errors);
        string first = back.TypeNames.FirstOrDefault() ?? "";
        return first.StartsWith("Deserialized.", StringComparison.Ordinal) ? first : back.BaseObject.GetType().Name;
    }
}
