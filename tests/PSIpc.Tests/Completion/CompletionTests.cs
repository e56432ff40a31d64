using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>What Tab offers, by the engine's own completion.</summary>
public sealed class CompletionTests : IDisposable
{
    // Parameters that take what the user makes up, counts, or anything.
    private static readonly string[] Free =
    [
        "Address", "ArgumentList", "AuthKey", "Capacity", "Certificate", "CertificateAuthority", "ChunkSize", "Count", "Declaration", "Depth", "Description", "Key", "LastErrorVariable", "Maximum", "ParticipantCount", "Protocol", "RetryCount", "Size", "ThrottleLimit", "Uri", "Value", "Width", "WorkerCount",
        "Path", "FilePath", "WorkingDirectory", // the engine completes files and folders
    ];

    private readonly string _prefix = $"own-tab-{Guid.NewGuid():N}"[..16];
    private readonly PowerShellSession _session = new();

    public void Dispose()
    {
        _session.Run($"Remove-IpcObject {_prefix}*");
        _session.Dispose();
    }

    [Theory]
    [InlineData("New-IpcQueue", "IpcQueue", "Get- Close- Clear- Remove- Wait-")]
    [InlineData("New-IpcTopic", "IpcTopic", "Get- Close- Remove-")]
    [InlineData("New-IpcPipe", "IpcPipe", "Get- Close- Remove-")]
    [InlineData("New-IpcLock", "IpcLock", "Get- Enter- Exit- Use- Remove-")]
    [InlineData("New-IpcSemaphore -Count 1", "IpcSemaphore", "Get- Enter- Exit- Remove-")]
    [InlineData("New-IpcEvent", "IpcEvent", "Get- Set- Reset- Wait- Remove-")]
    [InlineData("New-IpcBarrier -ParticipantCount 1", "IpcBarrier", "Get- Wait- Remove-")]
    [InlineData("New-IpcCondition", "IpcCondition", "Get- Wait- Set- Remove-")]
    [InlineData("New-SharedArray -Length 1", "SharedArray", "Get- Remove-")]
    [InlineData("New-SharedMemory -Size 1", "SharedMemory", "Get- Remove-")]
    [InlineData("New-SharedDictionary", "SharedDictionary", "Get- Remove-")]
    [InlineData("New-SharedValue", "SharedValue", "Get- Set- Update- Remove-")]
    public void Names_of_live_objects_are_offered_by_kind(string make, string noun, string verbs)
    {
        // One of another kind is not offered.
        _session.RunCleanly(noun == "IpcLock" ? $"$null = New-IpcQueue {_prefix}-other" : $"$null = New-IpcLock {_prefix}-other");
        _session.RunCleanly($"$null = {make} -Name {_prefix}-one; $null = {make} -Name {_prefix}-two");
        foreach (string verb in verbs.Split(' '))
        {
            Assert.Equal([$"{_prefix}-one", $"{_prefix}-two"], _session.Complete($"{verb}{noun} {_prefix}"));
        }

        Assert.Equal([$"{_prefix}-two"], _session.Complete($"Get-IpcObject {_prefix}-t"));
        Assert.Equal([$"{_prefix}-two"], _session.Complete($"Remove-IpcObject -Name {_prefix}-t"));
    }

    [Fact]
    public void Channels_are_offered_to_what_sends_receives_and_waits()
    {
        _session.RunCleanly($"$null = New-IpcQueue {_prefix}-q; $null = New-IpcTopic {_prefix}-t; $null = New-IpcPipe {_prefix}-p; $null = New-IpcLock {_prefix}-l");
        string[] channels = [$"{_prefix}-p", $"{_prefix}-q", $"{_prefix}-t"];
        Assert.Equal(channels, _session.Complete($"Send-IpcMessage {_prefix}"));
        Assert.Equal(channels, _session.Complete($"1 | Send-IpcMessage -Channel {_prefix}"));
        Assert.Equal(channels, _session.Complete($"Receive-IpcMessage {_prefix}"));
        Assert.Equal(channels, _session.Complete($"Wait-IpcObject {_prefix}"));
        Assert.Equal([$"{_prefix}-t"], _session.Complete($"New-IpcSubscription {_prefix}"));
    }

    [Fact]
    public void A_name_that_would_be_a_number_or_a_parameter_is_quoted_and_quotes_are_kept()
    {
        string number = $"{Random.Shared.Next(10_000_000, 99_999_999)}";
        _session.RunCleanly($"$null = New-IpcQueue {number}; $null = New-IpcQueue '-{number}'; $null = New-IpcQueue {_prefix}-q");
        try
        {
            Assert.Equal([$"'{number}'"], _session.Complete($"Send-IpcMessage {number}"));
            Assert.Equal([$"'-{number}'"], _session.Complete($"Send-IpcMessage '-{number}"));
            Assert.Equal([$"'{_prefix}-q'"], _session.Complete($"Send-IpcMessage '{_prefix}"));
            _session.RunCleanly($"Send-IpcMessage {_session.Complete($"Send-IpcMessage {number}")[0]} 'arrives'");
        }
        finally
        {
            _session.Run($"Remove-IpcQueue '{number}', '-{number}'");
        }
    }

    [Fact]
    public void Processes_are_offered_by_name_and_id()
    {
        int id = (int)_session.RunCleanly($"(Start-IpcProcess {{ }} -Name {_prefix}).ProcessId")[0]!;
        foreach (string command in (string[])["Get-IpcProcess", "Wait-IpcProcess", "Receive-IpcProcess", "Stop-IpcProcess", "Remove-IpcProcess"])
        {
            Assert.Equal([_prefix], _session.Complete($"{command} {_prefix[..12]}"));
        }

        Assert.Equal([$"'{id}'"], _session.Complete("Get-IpcProcess -Id "));
        Assert.Equal(_prefix, _session.RunCleanly($"(Get-IpcProcess -Id {_session.Complete("Get-IpcProcess -Id ")[0]}).Name")[0]);
        _session.RunCleanly($"Remove-IpcProcess {_prefix} -Force");
    }

    [Theory]
    [InlineData("New-IpcTopic -OnOverflow ", "Block DropOldest")]
    [InlineData("Get-IpcObject -Kind Se", "Semaphore")]
    [InlineData("Measure-IpcChannel ", "Pipe Queue Topic")]
    [InlineData("New-CStruct 'x' -Pack ", "1 16 2 4 8")]
    [InlineData("New-CStruct 'x' -Abi ", "AArch64 SystemVX64 Windows")]
    [InlineData("New-SharedArray -Length 1 -Type UInt1", "UInt128 UInt16")]
    [InlineData("New-SharedValue -Type St", "String")]
    [InlineData("Invoke-NativeFunction x y -ReturnType si", "size_t")]
    [InlineData("Invoke-NativeFunction x y -ArgumentType 'const c", "'const char *'")]
    public void Values_of_a_set_are_offered(string typed, string offered) =>
        Assert.Equal(offered, string.Join(' ', _session.Complete(typed).Order(StringComparer.Ordinal)));

    [Fact]
    public void Serializers_are_offered_and_only_own_ones_to_take_away()
    {
        _session.RunCleanly($"Register-IpcSerializer {_prefix} {{ 'x' }} {{ 'x' }}");
        foreach (string command in (string[])["New-IpcQueue", "New-IpcTopic", "New-IpcPipe", "New-SharedDictionary", "Send-IpcMessage x 1", "ConvertTo-IpcData 1", "ConvertFrom-IpcData 1"])
        {
            Assert.Equal(["MessagePack"], _session.Complete($"{command} -Serializer Mes"));
            Assert.Equal([_prefix], _session.Complete($"{command} -Serializer {_prefix}"));
        }

        Assert.Contains("Json", _session.Complete("Get-IpcSerializer J"));
        Assert.Equal([_prefix], _session.Complete($"Unregister-IpcSerializer {_prefix[..12]}"));
        Assert.DoesNotContain("Json", _session.Complete("Unregister-IpcSerializer J"));
        _session.RunCleanly($"Unregister-IpcSerializer {_prefix}");
    }

    [Fact]
    public void Structures_are_offered_wherever_a_layout_or_a_type_is_taken()
    {
        _session.RunCleanly("$null = New-CStruct 'struct TabCompleted { int x; };'");
        foreach (string typed in (string[])["Get-CStruct ", "New-IpcQueue -Layout ", "New-IpcTopic -Layout ", "New-IpcPipe -Layout ", "Send-IpcMessage x 1 -Layout ",
            "ConvertTo-IpcData 1 -Layout ", "ConvertFrom-IpcData 1 -Layout ", "New-SharedArray -Length 1 -Type ", "Get-SharedArray x -Shape 1 -Type ", "New-SharedValue -Type "])
        {
            Assert.Equal(["TabCompleted"], _session.Complete($"{typed}TabComp"));
        }

        Assert.Equal(["'struct TabCompleted'", "'struct TabCompleted *'"], _session.Complete("Invoke-NativeFunction x y -ReturnType 'struct TabC"));
    }

    [Fact]
    public void Functions_and_modules_of_the_session_are_offered()
    {
        _session.RunCleanly("function Get-TabCompleted { }; function Get-TabOther { }");
        Assert.Equal(["Get-TabCompleted"], _session.Complete("Start-IpcProcess { } -Function Get-TabC"));
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "TabModule"));
        File.WriteAllText(Path.Combine(folder.Path, "TabModule", "TabModule.psd1"), "@{ ModuleVersion = '1.0' }");
        _session.RunCleanly("$before = $env:PSModulePath; $env:PSModulePath = $folder + [IO.Path]::PathSeparator + $before", ("folder", folder.Path));
        try
        {
            Assert.Equal(["TabModule"], _session.Complete("Start-IpcProcess { } -Module TabMod"));
        }
        finally
        {
            _session.RunCleanly("$env:PSModulePath = $before");
        }
    }

    [Fact]
    public void Native_libraries_and_their_functions_are_offered()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Libraries are looked up as Linux does.");
        Assert.Contains("libm.so.6", _session.Complete("Import-NativeLibrary libm.so"));
        Assert.Contains("libc.so.6", _session.Complete("Invoke-NativeFunction libc.so"));
        Assert.Contains("strlen", _session.Complete("Invoke-NativeFunction libc.so.6 strl"));
        Assert.Contains("cosh", _session.Complete("Invoke-NativeFunction -Library libm.so.6 -Name cos"));
        Assert.DoesNotContain("strlen", _session.Complete("Invoke-NativeFunction libm.so.6 strl"));
        Assert.Empty(_session.Complete("Invoke-NativeFunction libm.so.6 nosuchfunction"));
        _session.RunCleanly("$math = Import-NativeLibrary libm.so.6");
        Assert.Contains("cos", _session.Complete("Invoke-NativeFunction $math cos"));
    }

    [Fact]
    public void Memory_of_other_programs_is_offered_to_what_opens_it()
    {
        string folder = (string)_session.RunCleanly("[PSIpc.Core.Segments.IpcDirectory]::Default.FullPath")[0]!;
        string path = Path.Combine(folder, $"{_prefix}-foreign");
        File.WriteAllBytes(path, new byte[64]);
        try
        {
            Assert.Equal([$"{_prefix}-foreign"], _session.Complete($"Get-SharedMemory {_prefix}"));
            Assert.Equal([$"{_prefix}-foreign"], _session.Complete($"Get-SharedArray -Type Byte -Shape 64 -Name {_prefix}"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A new parameter that takes a name, an object or a word is completed, or is in the list above.</summary>
    [Fact]
    public void Each_parameter_is_completed_or_free()
    {
        var missing = new List<string>();
        foreach (CmdletInfo cmdlet in HelpPages.Cmdlets.Values)
        {
            foreach (ParameterMetadata parameter in cmdlet.Parameters.Values.Where(p => !Cmdlet.CommonParameters.Contains(p.Name)))
            {
                Type type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
                type = type.IsArray ? type.GetElementType()! : type;
                bool isWord = type == typeof(string) || type == typeof(object) || type == typeof(int);
                bool isFree = Free.Contains(parameter.Name) || parameter.Name == "InputObject" || (parameter.Name == "Name" && cmdlet.Verb is "New" or "Start" or "Register");
                if (isWord && !isFree && !parameter.Attributes.Any(a => a is ArgumentCompleterAttribute or ValidateSetAttribute))
                {
                    missing.Add($"{cmdlet.Name} -{parameter.Name}");
                }
            }
        }

        Assert.Empty(missing);
    }
}
