using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>What MessagePack keeps of objects, beyond their values.</summary>
public sealed class ObjectFidelityTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Looking_at_its_type_names_adds_nothing_to_an_object()
    {
        object?[] output = _session.RunCleanly("""
            $object = [pscustomobject]@{ a = 1 }
            $null = $object.pstypenames; $null = $object.psobject; $null = $object.psextended
            $back = ConvertFrom-IpcData (ConvertTo-IpcData $object)
            @($back.psobject.Properties).Count; $back.a
            """);
        Assert.Equal([1, 1], output);
    }

    [Fact]
    public void A_sbyte_array_is_not_taken_for_bytes()
    {
        object? back = RoundTrip("[sbyte[]](1, -2)");
        Assert.Equal([1, -2], Assert.IsType<sbyte[]>(back, exactMatch: true));
    }

    [Theory]
    [InlineData("MessagePack")]
    [InlineData("Json")]
    public void What_a_function_without_output_gives_is_null(string serializer)
    {
        object?[] output = _session.RunCleanly($$"""
            function nothing { }
            $back = ConvertFrom-IpcData (ConvertTo-IpcData @{ a = (nothing) } {{serializer}}) {{serializer}}
            $null -eq $back.a; @($back.a).Count
            """);
        Assert.Equal([true, 1], output);
    }

    [Fact]
    public void Properties_that_type_data_gives_an_object_are_sent_as_values()
    {
        // PowerShell's own type data give this type name the alias Name for ProcessName.
        object?[] output = _session.RunCleanly("""
            $o = [pscustomobject]@{ PSTypeName = 'System.Diagnostics.Process'; ProcessName = 'abc' }
            $o.psobject.Properties['Name'].MemberType
            $back = $o | ConvertTo-IpcData | ConvertFrom-IpcData
            $back.psobject.Properties['Name'].MemberType; $back.Name; $back.ProcessName; $back.pstypenames[0]
            """);
        Assert.Equal([PSMemberTypes.AliasProperty, PSMemberTypes.NoteProperty, "abc", "abc", "Deserialized.System.Diagnostics.Process"], output);
    }

    [Fact]
    public void Properties_of_every_kind_are_sent_as_values()
    {
        object?[] output = _session.RunCleanly("""
            $o = [pscustomobject]@{ a = 1 }
            $o.psobject.Properties.Add([psscriptproperty]::new('Twice', { $this.a * 2 }))
            $o.psobject.Properties.Add([psaliasproperty]::new('Also', 'a'))
            $back = $o | ConvertTo-IpcData | ConvertFrom-IpcData
            $back.Twice; $back.Also; $back.psobject.Properties['Twice'].MemberType
            """);
        Assert.Equal([2, 1, PSMemberTypes.NoteProperty], output);
    }

    [Fact]
    public void A_table_of_NET_objects_writes_its_names_once_and_each_text()
    {
        object?[] output = _session.RunCleanly("""
            $all = ConvertTo-IpcData @([IO.DirectoryInfo]::new('/usr'), [IO.DirectoryInfo]::new('/etc'), [IO.DirectoryInfo]::new('/var'))
            [Text.Encoding]::Latin1.GetString($all).Split('LastWriteTimeUtc').Count - 1
            (ConvertFrom-IpcData $all).ForEach{ "$_" } -join ' '
            (ConvertFrom-IpcData $all).ForEach{ $_.Name } -join ' '
            """);
        Assert.Equal([1, "/usr /etc /var", "usr etc var"], output);
    }

    [Fact]
    public void A_property_bag_keeps_its_names_and_text_when_it_is_sent_on()
    {
        object?[] output = _session.RunCleanly("""
            $once = [IO.DirectoryInfo]::new('/usr') | ConvertTo-IpcData | ConvertFrom-IpcData
            $twice = $once | ConvertTo-IpcData | ConvertFrom-IpcData
            "$twice"; $twice.pstypenames[0]; $twice.Name; $twice.psobject.Properties.Name.Count -eq $once.psobject.Properties.Name.Count
            """);
        Assert.Equal(["/usr", "Deserialized.System.IO.DirectoryInfo", "usr", true], output);
    }

    [Fact]
    public void Objects_inside_a_property_bag_become_text_and_data_stays_data()
    {
        object?[] output = _session.RunCleanly("""
            class Outer { $Net; $Data = @{ k = 1, 2 }; $Custom; Outer($net) { $this.Net = $net; $this.Custom = [pscustomobject]@{ p = $net } } }
            $back = [Outer]::new([IO.DirectoryInfo]::new('/usr')) | ConvertTo-IpcData | ConvertFrom-IpcData
            $back.Net; $back.Data.k[1]; $back.Custom.p; $back.pstypenames[0]
            """);
        Assert.Equal(["/usr", 2, "/usr", "Deserialized.Outer"], output);
    }

    [Fact]
    public void A_getter_or_text_that_throws_is_null_or_the_name_of_the_type()
    {
        object?[] output = _session.RunCleanly("""
            class Thrower { $Fine = 1; Thrower($number) { } [string] ToString() { throw 'no text' } }
            $x = [Thrower]::new(1)
            $x.psobject.Properties.Add([psscriptproperty]::new('Bad', { throw 'no value' }))
            $x = $x | ConvertTo-IpcData | ConvertFrom-IpcData
            $x.Fine; $null -eq $x.Bad; $x.psobject.Properties['Bad'].Name; "$x"
            """);
        Assert.Equal([1, true, "Bad", "Thrower"], output);
    }

    [Fact]
    public void An_enum_that_a_script_defines_anew_is_the_new_one()
    {
        object?[] output = _session.RunCleanly("""
            . ([scriptblock]::Create('enum Fruit { Apple; Pear }; $bytes = ConvertTo-IpcData ([Fruit]::Pear); $first = ConvertFrom-IpcData $bytes; "$first"'))
            . ([scriptblock]::Create('enum Fruit { Quince; Plum }; $again = ConvertFrom-IpcData $bytes; "$again"; $again -is [Fruit]'))
            """);
        Assert.Equal(["Pear", "Plum", true], output);
    }

    [Fact]
    public void An_ordered_dictionary_whose_keys_differ_in_case_only_keeps_them_in_order()
    {
        object?[] output = _session.RunCleanly("""
            $o = [Collections.Specialized.OrderedDictionary]::new([StringComparer]::Ordinal); $o.Add('b', 1); $o.Add('B', 2); $o.Add('a', 3); $o.Add('A', 4)
            $back = ConvertFrom-IpcData (ConvertTo-IpcData $o)
            -join $back.Keys; -join $back.Values
            """);
        Assert.Equal(["bBaA", "1234"], output);
    }

    [Fact]
    public void A_secret_is_not_written_into_bytes_without_the_callers_word()
    {
        const string Credential = "$secret = [securestring]::new(); 'hunter2'.ToCharArray().ForEach{ $secret.AppendChar($_) }; $me = [pscredential]::new('me', $secret)";
        foreach (string value in new[] { "$secret", "$me", "@{ deep = , $me }", "$me.GetNetworkCredential()", "[pscustomobject]@{ a = $secret }" })
        {
            foreach (string serializer in new[] { "MessagePack", "CliXml" })
            {
                if (serializer == "MessagePack" || !value.Contains("Network", StringComparison.Ordinal))
                {
                    Assert.StartsWith("IpcSerialization,", _session.RunForError($"{Credential}; ConvertTo-IpcData ({value}) {serializer}").FullyQualifiedErrorId, StringComparison.Ordinal);
                }
            }
        }

        object?[] output = _session.RunCleanly($$"""
            {{Credential}}
            $back = ConvertTo-IpcData $me -AllowSecret | ConvertFrom-IpcData
            $back.GetNetworkCredential().Password; $back.UserName; $back.Password.IsReadOnly()
            [Text.Encoding]::UTF8.GetString((ConvertTo-IpcData $me Json)).Contains('hunter2')
            [Text.Encoding]::Latin1.GetString((ConvertTo-IpcData $me Pickle)).Contains('hunter2')
            (ConvertTo-IpcData ([pscredential]::Empty) -AllowSecret | ConvertFrom-IpcData).UserName -eq $null
            (ConvertTo-IpcData $me.GetNetworkCredential() -AllowSecret | ConvertFrom-IpcData).Password
            """);
        Assert.Equal(["hunter2", "me", true, false, false, true, "hunter2"], output);
    }

    [Theory]
    [InlineData("MessagePack", "@{ q = , $q }", "$back.q[0]")]
    [InlineData("MessagePack", "[pscustomobject]@{ q = $q }", "$back.q")]
    [InlineData("Json", "@{ q = , $q }", "$back.q[0]")]
    [InlineData("CliXml", "@{ q = , $q }", "$back.q[0]")]
    [InlineData("CliXml", "[pscustomobject]@{ q = $q }", "$back.q")]
    [InlineData("CliXml", "[ordered]@{ q = $q; z = 1 }", "$back.q")]
    [InlineData("CliXml", "$q", "$back")]
    public void A_queue_anywhere_in_data_arrives_live(string serializer, string data, string found)
    {
        object?[] output = _session.RunCleanly($$"""
            $q = New-IpcQueue
            $data = {{data}}
            $back = ConvertFrom-IpcData (ConvertTo-IpcData $data {{serializer}}) {{serializer}}
            Send-IpcMessage {{found}} 'through the copy'
            Receive-IpcMessage $q -Timeout 60
            ({{data}}).GetType() -eq $data.GetType(); $q.GetType() -eq ({{found}}).GetType()
            Remove-IpcQueue $q
            """);
        Assert.Equal(["through the copy", true, true], output);
    }

    [Theory]
    [InlineData("{\"$ipc\":{\"kind\":1,\"name\":\"x\"}}")]
    [InlineData("{\"$ipc\":{\"kind\":1,\"name\":\"x\",\"directory\":\"y\"},\"more\":1}")]
    [InlineData("{\"$ipc\":\"text\"}")]
    public void What_is_no_whole_reference_is_plain_data(string json)
    {
        object?[] output = _session.RunCleanly("[bool](ConvertFrom-IpcData ([Text.Encoding]::UTF8.GetBytes($json)) Json).'$ipc'", ("json", json));
        Assert.Equal([true], output);
    }

    private object? RoundTrip(string expression) =>
        Assert.Single(_session.Run($", (ConvertFrom-IpcData (ConvertTo-IpcData ({expression})))")).BaseObject;
}
