using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>ConvertTo-IpcData, ConvertFrom-IpcData and Get-IpcSerializer as a user calls them.</summary>
public sealed class SerializerCmdletTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Each_object_of_the_pipeline_gives_one_array_of_bytes()
    {
        object?[] output = _session.RunCleanly("""
            $all = 1, 'two', $null, @(3, 4) | ConvertTo-IpcData
            $all.Count; @($all.ForEach{ $_.GetType().Name } | Where-Object { $_ -ne 'Byte[]' }).Count
            $back = @($all | ConvertFrom-IpcData)
            $back.Count; $back[1]; $null -eq $back[2]; $back[3][1]
            (ConvertTo-IpcData 1, 2).GetType().Name
            """);
        Assert.Equal([4, 0, 4, "two", true, 4, "Byte[]"], output);
    }

    [Theory]
    [InlineData("MessagePack")]
    [InlineData("Json")]
    [InlineData("CliXml")]
    public void Bytes_can_stream_one_by_one(string serializer)
    {
        object?[] output = _session.RunCleanly($"(ConvertTo-IpcData @{{ a = 'x' * 300 }} {serializer} | ForEach-Object {{ $_ }} | ConvertFrom-IpcData -Serializer {serializer}).a.Length");
        Assert.Equal([300], output);
    }

    [Fact]
    public void The_depth_counts_containers_and_its_range_is_checked()
    {
        string three = "@(, @(, @(1)))";
        _session.RunCleanly($"$null = ConvertTo-IpcData {three} -Depth 3");
        ErrorRecord error = _session.RunForError($"ConvertTo-IpcData {three} -Depth 2");
        Assert.StartsWith("IpcSerialization,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.InvalidData, error.CategoryInfo.Category);
        Assert.Contains("2 levels", error.Exception.Message, StringComparison.Ordinal);
        foreach (int outside in new[] { 0, 129 })
        {
            ErrorRecord refused = _session.RunForError($"ConvertTo-IpcData 1 -Depth {outside}");
            Assert.IsType<ParameterBindingException>(refused.Exception, exactMatch: false);
            Assert.Contains("Depth", refused.Exception.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("MessagePack", "@(1)", ", $x")]
    [InlineData("MessagePack", "[pscustomobject]@{ k = 1 }", "[pscustomobject]@{ k = $x }")]
    [InlineData("MessagePack", "[ordered]@{ k = 1 }", "[ordered]@{ k = $x }")]
    [InlineData("MessagePack", "[object[,]]::new(1, 1)", "& { $y = [object[,]]::new(1, 1); $y[0, 0] = $x; , $y }", 64)]
    [InlineData("Json", "@(1)", ", $x")]
    [InlineData("Json", "@{ k = 1 }", "@{ k = $x }")]
    [InlineData("CliXml", "@(1)", ", $x", 44)]
    [InlineData("CliXml", "@{ k = 1 }", "@{ k = $x }", 44)]
    [InlineData("CliXml", "[pscustomobject]@{ k = 1 }", "[pscustomobject]@{ k = $x }", 44)]
    public void What_the_greatest_depth_lets_through_can_be_read_back(string serializer, string first, string next, int deepest = 128)
    {
        string nest = $"$x = {first}; foreach ($i in 2..{deepest}) {{ $x = {next} }}";
        _session.RunCleanly($"{nest}; $null = ConvertFrom-IpcData (ConvertTo-IpcData $x {serializer} -Depth 128) {serializer}");
        ErrorRecord error = _session.RunForError($"{nest}; $x = {next}; ConvertTo-IpcData $x {serializer} -Depth 128");
        Assert.StartsWith("IpcSerialization,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void CliXml_keeps_an_object_that_contains_itself()
    {
        object?[] output = _session.RunCleanly("$h = @{ n = 1 }; $h.self = $h; $back = ConvertFrom-IpcData (ConvertTo-IpcData $h CliXml) CliXml; $back.self.self.n");
        Assert.Equal([1], output);
    }

    [Fact]
    public void CliXml_follows_NET_objects_two_levels_wherever_they_are()
    {
        // At three levels one Process object is 300,000 characters and takes seconds.
        object?[] output = _session.RunCleanly("(ConvertTo-IpcData ([pscustomobject]@{ p = [Diagnostics.Process]::GetCurrentProcess() }) CliXml).Length -lt 1MB");
        Assert.Equal([true], output);
    }

    [Theory]
    [InlineData("1.0", "Double")]
    [InlineData("100000000000000000000.0", "Double")]
    [InlineData("(0.1 + 0.2)", "Double")]
    [InlineData("1e300", "Double")]
    [InlineData("-0.0", "Double")]
    [InlineData("[double]::Epsilon", "Double")]
    [InlineData("[float]2", "Double")]
    [InlineData("0.1234567890123456789012345678d", "Decimal")]
    [InlineData("[long]::MinValue", "Int64")]
    [InlineData("[ulong]::MaxValue", "BigInteger")]
    [InlineData("[decimal]::MaxValue", "BigInteger")]
    public void Json_keeps_the_value_of_every_number(string number, string type)
    {
        object?[] output = _session.RunCleanly($"$n = {number}; $back = ConvertFrom-IpcData (ConvertTo-IpcData $n Json) Json; $back.GetType().Name; $back -eq $n");
        Assert.Equal([type, true], output);
    }

    [Fact]
    public void Json_members_that_differ_in_case_only_are_not_lost_silently()
    {
        ErrorRecord error = _session.RunForError("$bytes = [Text.Encoding]::UTF8.GetBytes('{\"a\":1,\"A\":2}'); ConvertFrom-IpcData $bytes Json");
        Assert.StartsWith("IpcCorruptData,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("-AsHashtable", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], _session.RunCleanly("$t = ConvertFrom-IpcData $bytes Json -AsHashtable; $t['a']; $t['A']"));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("@{ a = 1 }")]
    [InlineData("1.5, 'x'")]
    public void Raw_refuses_what_is_not_bytes(string value)
    {
        ErrorRecord error = _session.RunForError($"ConvertTo-IpcData ({value}) Raw");
        Assert.StartsWith("IpcSerialization,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Raw", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_serializer_is_not_found_and_the_others_are_told()
    {
        foreach (string command in new[] { "ConvertTo-IpcData 1 Yaml", "ConvertFrom-IpcData ([byte[]](1)) Yaml", "Get-IpcSerializer Yaml" })
        {
            ErrorRecord error = _session.RunForError(command);
            Assert.StartsWith("IpcNotFound,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        }

        Assert.Contains("CliXml", _session.RunForError("ConvertTo-IpcData 1 Yaml").Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Serializers_are_found_by_wildcards_and_none_is_no_error()
    {
        Assert.Equal(["Json", "MessagePack", "CliXml", "CStruct"], _session.RunCleanly("(Get-IpcSerializer json, m*k, C*).Name; Get-IpcSerializer z*"));
    }

    [Theory]
    [InlineData("ConvertTo-IpcData 1 -Serializer ", "MessagePack Json CliXml Pickle CStruct Raw")]
    [InlineData("ConvertTo-IpcData 1 -Serializer j", "Json")]
    [InlineData("ConvertFrom-IpcData $b -Serializer 'Cl", "'CliXml'")]
    [InlineData("Get-IpcSerializer M", "MessagePack")]
    [InlineData("New-IpcQueue -Serializer R", "Raw")]
    [InlineData("Send-IpcMessage q 1 -Serializer mess", "MessagePack")]
    public void Names_of_serializers_complete(string typed, string offered)
    {
        // Tests that run beside this one register serializers of their own in the same process.
        Assert.Equal(offered.Split(' '), _session.Complete(typed).Where(n => !n.StartsWith("own-", StringComparison.Ordinal)));
    }
}
