using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Confirms messages of a queue that requires confirmation. An unconfirmed message is redelivered when its receiver ends.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Confirm, "IpcMessage")]
[OutputType(typeof(IpcMessage))]
public sealed class ConfirmIpcMessageCommand : IpcCmdlet
{
    /// <summary>The messages to confirm: what Receive-IpcMessage wrote.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("InputObject")]
    [ValidateNotNullOrEmpty]
    public IpcMessage[] Message { get; set; } = [];

    /// <summary>Writes each confirmed message to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Confirms the messages.</summary>
    protected override void ProcessRecord()
    {
        foreach (IpcMessage message in Message)
        {
            if (Try(() => Confirm(message), message) && PassThru)
            {
                WriteObject(message);
            }
        }
    }

    private void Confirm(IpcMessage message)
    {
        WriteVerbose(message.Confirm(StopToken)
            ? $"Confirmed message {message.Sequence} of '{message.Channel}'."
            : $"Message {message.Sequence} of '{message.Channel}' had been confirmed or dropped before.");
    }
}
