using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Register-IpcSerializer, and the choice of a serializer wherever a message is written.</summary>
public sealed class OwnSerializerTests : IDisposable
{
    private readonly PowerShellSession _session = new();
    private readonly string _name = $"own-{Guid.NewGuid():N}";

    public void Dispose()
    {
        _session.Run($"if (Get-IpcSerializer {_name}*) {{ Unregister-IpcSerializer {_name} }}");
        _session.Dispose();
    }

    [Fact]
    public void Two_script_blocks_are_a_serializer()
    {
        object?[] output = _session.RunCleanly($$"""
            $prefix = 'v1:'
            $info = Register-IpcSerializer {{_name}} { $prefix + ($_ -join ';') } { param($bytes) [Text.Encoding]::UTF8.GetString($bytes).Substring(3).Split(';') } -Description 'Lists as text.' -PassThru
            $info.Name -eq '{{_name}}'; $info.Description; (Get-IpcSerializer {{_name}}).IsDefault
            $bytes = ConvertTo-IpcData ('a', 'b') {{_name}}
            [Text.Encoding]::UTF8.GetString($bytes)
            (ConvertFrom-IpcData $bytes {{_name}}) -join '+'
            $queue = New-IpcQueue -Serializer {{_name}}
            Send-IpcMessage $queue ('c', 'd'); $queue.Send(@('e')); Send-IpcMessage $queue 5 -Serializer Json
            $queue.Serializer -eq '{{_name}}'; (Get-IpcQueue $queue.Name).Serializer -eq '{{_name}}'
            $messages = Receive-IpcMessage $queue -Available -IncludeMetadata
            $messages[0].Body -join '+'; $messages[0].Serializer -eq '{{_name}}'; $messages[1].Body; $messages[2].Serializer
            Remove-IpcQueue $queue
            """);
        Assert.Equal([true, "Lists as text.", false, "v1:a;b", "a+b", true, true, "c+d", true, "e", "Json"], output);
        Assert.Contains(_name, _session.Complete($"New-IpcQueue -Serializer {_name[..10]}"));
    }

    [Fact]
    public void A_class_can_be_a_serializer()
    {
        object?[] output = _session.RunCleanly($$"""
            $make = [ScriptBlock]::Create(@'
                class Reverser : PSIpc.IIpcSerializer {
                    [string] $Name = '{{_name}}'
                    [string] $Description = 'Text from its end.'
                    [void] Serialize([object] $value, [System.Buffers.IBufferWriter[byte]] $output, [int] $depth) {
                        $bytes = [Text.Encoding]::UTF8.GetBytes("$value"); [array]::Reverse($bytes)
                        [System.Buffers.BuffersExtensions]::Write[byte]($output, [ReadOnlyMemory[byte]]::new($bytes).Span)
                    }
                    [object] Deserialize([ReadOnlyMemory[byte]] $data) { $bytes = $data.ToArray(); [array]::Reverse($bytes); return [Text.Encoding]::UTF8.GetString($bytes) }
                }
                [Reverser]::new()
            '@)
            try { & $make | Register-IpcSerializer } catch { "$_" }
            (Get-IpcSerializer {{_name}}).Description
            """);
        Assert.Equal(["Text from its end."], output);
    }

    [Theory]
    [InlineData("{ throw 'not that' } { }", "ConvertTo-IpcData 1 NAME", "IpcSerialization", "not that")]
    [InlineData("{ @{} } { }", "ConvertTo-IpcData 1 NAME", "IpcSerialization", "is to give bytes")]
    [InlineData("{ 'x' } { throw 'not this' }", "ConvertFrom-IpcData ([byte[]](1, 2)) NAME", "IpcCorruptData", "not this")]
    [InlineData("{ 'x' } { }", "Register-IpcSerializer NAME { 'y' } { }", "IpcAlreadyExists", "-Force")]
    [InlineData("{ 'x' } { }", "Register-IpcSerializer Json { 'y' } { } -Force", "IpcAlreadyExists", "built in")]
    [InlineData("{ 'x' } { }", "Register-IpcSerializer 'a b' { 'y' } { }", "IpcInvalidName", "'a b'")]
    [InlineData("{ 'x' } { }", "Unregister-IpcSerializer Nobody", "IpcNotFound", "Nobody")]
    [InlineData("{ 'x' } { }", "New-IpcQueue -Serializer Nobody", "IpcNotFound", "Register-IpcSerializer")]
    public void What_goes_wrong_in_one_is_told(string blocks, string command, string id, string message)
    {
        _session.RunCleanly($"Register-IpcSerializer {_name} {blocks}");
        ErrorRecord error = _session.RunForError(command.Replace("NAME", _name, StringComparison.Ordinal));
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_without_the_serializer_is_told_its_name_and_one_with_it_reads()
    {
        object?[] output = _session.RunCleanly($$"""
            Register-IpcSerializer {{_name}} { "$_" } { [Text.Encoding]::UTF8.GetString($_) + '!' }
            $queue = New-IpcQueue -Serializer {{_name}}
            Send-IpcMessage $queue one; Send-IpcMessage $queue two
            $without = Start-IpcProcess { try { Receive-IpcMessage $using:queue -ErrorAction Stop } catch { $_.FullyQualifiedErrorId.Split(',')[0]; "$_" -match '{{_name}}'; [Text.Encoding]::UTF8.GetString($_.Exception.Data['MessageBytes']).EndsWith('one') } }
            $without | Wait-IpcProcess | Receive-IpcProcess
            $with = Start-IpcProcess -InitializationScript { Register-IpcSerializer {{_name}} { 'x' } { [Text.Encoding]::UTF8.GetString($_) + '?' } } { Receive-IpcMessage $using:queue }
            $with | Wait-IpcProcess | Receive-IpcProcess
            $without, $with | Remove-IpcProcess; Remove-IpcQueue $queue
            """);
        Assert.Equal(["IpcNotFound", true, true, "two?"], output);
    }

    [Theory]
    [InlineData("MessagePack")]
    [InlineData("Json")]
    [InlineData("CliXml")]
    [InlineData("Raw")]
    [InlineData("CStruct")]
    public void Each_kind_of_channel_and_each_sender_chooses(string serializer)
    {
        string layout = serializer == "CStruct" ? "-Layout 'struct T { int n; };'" : "";
        string body = serializer switch { "Raw" => "[byte[]](1, 2)", "CStruct" => "@{ n = 5 }", _ => "'text'" };
        object?[] output = _session.RunCleanly($$"""
            function Show($message) { $message.Serializer; if ($message.Body -is [pscustomobject]) { $message.Body.n } else { "$($message.Body)" } }
            $queue = New-IpcQueue -Serializer {{serializer}} {{layout}}; Send-IpcMessage $queue ({{body}}); Show (Receive-IpcMessage $queue -IncludeMetadata)
            $queue.Send(({{body}})); Show (Receive-IpcMessage $queue -IncludeMetadata)
            $pipe = New-IpcPipe -Serializer {{serializer}} {{layout}}; Send-IpcMessage $pipe.Writer ({{body}}); Show (Receive-IpcMessage $pipe.Reader -IncludeMetadata)
            $topic = New-IpcTopic -Serializer {{serializer}} {{layout}}; $subscription = New-IpcSubscription $topic; Send-IpcMessage $topic ({{body}}); Show (Receive-IpcMessage $subscription -IncludeMetadata)
            $other = New-IpcQueue; Send-IpcMessage $other ({{body}}) -Serializer {{serializer}} {{layout}}; Show (Receive-IpcMessage $other -IncludeMetadata)
            Remove-IpcQueue $queue, $other; Remove-IpcPipe $pipe; Remove-IpcTopic $topic
            """);
        string shown = serializer switch { "Raw" => "1 2", "CStruct" => "5", _ => "text" };
        Assert.Equal(Enumerable.Repeat(new[] { serializer, shown }, 5).SelectMany(p => p), output.Select(o => o!.ToString()));
    }

    [Fact]
    public void Senders_without_a_layout_are_told_to_say_one()
    {
        ErrorRecord error = _session.RunForError("$queue = New-IpcQueue -Serializer CStruct; Send-IpcMessage $queue @{ n = 1 }; Remove-IpcQueue $queue");
        Assert.StartsWith("IpcSerialization,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("-Layout", error.Exception.Message, StringComparison.Ordinal);
        error = _session.RunForError("New-IpcQueue -Serializer Json -Layout 'struct T { int n; };'");
        Assert.StartsWith("IpcNotSupported,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
