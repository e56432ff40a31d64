using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>What cmdlets say: errors name the object and what to do, -Verbose says what was done.</summary>
public sealed class MessageTextTests : IDisposable
{
    private readonly string _name = $"own-said-{Guid.NewGuid():N}"[..20];
    private readonly PowerShellSession _session = new();

    public void Dispose()
    {
        _session.Run($"Remove-IpcObject {_name}*; Get-IpcProcess {_name}* | Remove-IpcProcess -Force");
        _session.Dispose();
    }

    [Theory]
    [InlineData("Get-IpcQueue <n>", "<n>", "never made")]
    [InlineData("$null = New-IpcLock <n>; New-IpcLock <n>", "<n>", "choose another name")]
    [InlineData("Get-IpcQueue '<n>!'", "<n>!", "A-Z a-z 0-9")]
    [InlineData("Remove-IpcQueue 42", "42", "quotes")]
    [InlineData("$null = New-IpcQueue <n>; Receive-IpcMessage <n> -Timeout 0.01", "<n>", "Get-IpcObject")]
    [InlineData("$q = New-IpcQueue <n>; Close-IpcQueue $q; Receive-IpcMessage $q", "<n>", "Make a new one")]
    [InlineData("$null = New-IpcQueue <n> -MaxCount 1; 1, 2 | Send-IpcMessage <n> -NoWait", "<n>", "Receive faster")]
    [InlineData("$q = New-IpcQueue <n>; Remove-IpcQueue $q; 1 | Send-IpcMessage $q", "<n>", "Get-IpcObject")]
    [InlineData("$l = New-IpcLock <n>; Exit-IpcLock $l", "<n>", "Enter-IpcLock")]
    [InlineData("$l = New-IpcLock <n>; $l.Enter(); Enter-IpcLock $l -Timeout 0.01", "<n>", "holds it")]
    [InlineData("$null = New-IpcSemaphore <n> -Count 0 -Maximum 1; Enter-IpcSemaphore <n> -Timeout 0.01", "<n>", "Get-IpcObject")]
    [InlineData("$null = New-IpcEvent <n>; Wait-IpcEvent <n> -Timeout 0.01", "<n>", "Set-IpcEvent")]
    [InlineData("Start-IpcProcess { } -Function NoFunction", "NoFunction", "-Module")]
    [InlineData("Get-IpcObject <n>", "<n>", "lists all")]
    [InlineData("New-IpcQueue <n> -Serializer Nope", "Nope", "MessagePack")]
    [InlineData("Get-IpcProcess <n>", "<n>", "Get-IpcProcess")]
    [InlineData("$t = New-IpcTopic <n>; Receive-IpcMessage $t", "<n>", "New-IpcSubscription")]
    [InlineData("New-IpcSemaphore <n> -Count 2 -Maximum 1", "1", "Raise it")]
    [InlineData("$null = New-SharedArray <n> -Length 1; (Get-SharedArray <n> -ReadOnly).SetValue(0, 1)", "<n>", "without -ReadOnly")]
    public void An_error_names_the_object_and_what_to_do(string script, string about, string advice)
    {
        string message = ErrorOf(script.Replace("<n>", _name, StringComparison.Ordinal));
        Assert.Contains(about.Replace("<n>", _name, StringComparison.Ordinal), message, StringComparison.Ordinal);
        Assert.Contains(advice, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("New-IpcQueue <n>", "Made queue '<n>' in /")]
    [InlineData("New-IpcTopic <n>", "Made topic '<n>' in /")]
    [InlineData("New-IpcPipe <n>", "Made pipe '<n>' in /")]
    [InlineData("New-IpcLock <n>", "Made lock '<n>' in /")]
    [InlineData("New-IpcSemaphore <n> -Count 1", "Made semaphore '<n>' in /")]
    [InlineData("New-IpcEvent <n>", "Made event '<n>' in /")]
    [InlineData("New-IpcBarrier <n> -ParticipantCount 1", "Made barrier '<n>' in /")]
    [InlineData("New-IpcCondition <n>", "Made condition '<n>' in /")]
    [InlineData("New-SharedArray <n> -Length 1", "Made array '<n>' in /")]
    [InlineData("New-SharedMemory <n> -Size 1", "Made memory '<n>' in /")]
    [InlineData("New-SharedValue <n>", "Made value '<n>' in /")]
    [InlineData("New-SharedDictionary <n>", "Made dictionary '<n>' in /")]
    [InlineData("New-IpcTopic <n> | New-IpcSubscription -Verbose", "Subscribed to topic '<n>'")]
    [InlineData("Start-IpcProcess { } -Name <n>", "for '<n>'")]
    [InlineData("New-CStruct 'struct VerboseSample { int x; };'", "Declared VerboseSample")]
    [InlineData("Register-IpcSerializer <n> { 'x' } { 'x' }", "Registered serializer '<n>'")]
    [InlineData("Unregister-IpcSerializer <n>", "Unregister serializer", "Register-IpcSerializer <n> { 'x' } { 'x' } -Force")]
    [InlineData("Close-IpcQueue <n>", "Close", "New-IpcQueue <n>")]
    [InlineData("Clear-IpcQueue <n>", "Dropped 1 messages", "New-IpcQueue <n>; 1 | Send-IpcMessage <n>")]
    [InlineData("Remove-IpcQueue <n>", "Remove", "New-IpcQueue <n>")]
    [InlineData("Remove-IpcObject <n>", "<n>", "New-IpcQueue <n>")]
    [InlineData("Set-IpcEvent <n>", "Set event '<n>'", "New-IpcEvent <n>")]
    [InlineData("Reset-IpcEvent <n>", "Reset event '<n>'", "New-IpcEvent <n>")]
    [InlineData("Enter-IpcLock <n>", "Took lock '<n>'", "New-IpcLock <n>")]
    [InlineData("Exit-IpcLock <n>", "Let go of lock '<n>'", "New-IpcLock <n>; Enter-IpcLock <n>")]
    [InlineData("Use-IpcLock <n> { }", "Took lock '<n>'", "New-IpcLock <n>")]
    [InlineData("Enter-IpcSemaphore <n>", "1 free", "New-IpcSemaphore <n> -Count 2")]
    [InlineData("Exit-IpcSemaphore <n>", "Gave 1 back", "New-IpcSemaphore <n> -Count 0 -Maximum 1")]
    [InlineData("Set-SharedValue <n> 5", "Set to 5", "New-SharedValue <n> 1")]
    [InlineData("Update-SharedValue <n> { 2 }", "Update", "New-SharedValue <n> 1")]
    [InlineData("Set-IpcCondition <n>", "Wake one", "New-IpcCondition <n>")]
    [InlineData("Confirm-IpcMessage $m", "Confirmed message 1 of '<n>'", "New-IpcQueue <n> -RequireConfirmation; 1 | Send-IpcMessage <n>; $m = Receive-IpcMessage <n>")]
    public void Verbose_says_what_was_done(string command, string said, string before = "")
    {
        string script = $"$null = . {{ {before} }}; $null = {command}{(command.Contains("-Verbose", StringComparison.Ordinal) ? "" : " -Verbose")}".Replace("<n>", _name, StringComparison.Ordinal);
        using PowerShell pipeline = _session.NewPipeline(script);
        pipeline.Invoke();
        Assert.Empty(pipeline.Streams.Error);
        Assert.Contains(pipeline.Streams.Verbose, v => v.Message.Contains(said.Replace("<n>", _name, StringComparison.Ordinal), StringComparison.Ordinal));
        _session.Run($"Unregister-IpcSerializer {_name}");
    }

    private string ErrorOf(string script)
    {
        try
        {
            _session.Run(script);
            return _session.Errors[^1].ToString();
        }
        catch (RuntimeException e)
        {
            return e.ErrorRecord.ToString();
        }
    }
}
