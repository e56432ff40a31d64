using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// What a script in a child writes past the streams, by Out-Host, Out-Default or <c>$Host.UI</c>: it becomes what Write-Host writes, and so comes back. There is no
/// terminal to ask at.
/// </summary>
/// <param name="write">Takes the records.</param>
internal sealed class WorkerUserInterface(Action<InformationRecord> write) : PSHostUserInterface
{
    private const string HostTag = "PSHOST";
    private const string Halt = "&Halt Command";

    // The engine gives a record to its stream, announces it here, and then has it written. By thread, as ForEach-Object -Parallel has several.
    [ThreadStatic]
    private static InformationRecord? _announced;

    /// <inheritdoc/>
    public override PSHostRawUserInterface? RawUI => null;

    /// <inheritdoc/>
    public override void WriteInformation(InformationRecord record) => _announced = record;

    /// <inheritdoc/>
    public override void Write(string value) => Write(value, isLine: false, null, null);

    /// <inheritdoc/>
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value, isLine: false, foregroundColor, backgroundColor);

    /// <inheritdoc/>
    public override void WriteLine() => Write("", isLine: true, null, null);

    /// <inheritdoc/>
    public override void WriteLine(string value) => Write(value, isLine: true, null, null);

    /// <inheritdoc/>
    public override void WriteLine(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value, isLine: true, foregroundColor, backgroundColor);

    /// <inheritdoc/>
    public override void WriteErrorLine(string value)
    {
        // It comes by its stream, as do those below.
    }

    /// <inheritdoc/>
    public override void WriteWarningLine(string message)
    {
    }

    /// <inheritdoc/>
    public override void WriteVerboseLine(string message)
    {
    }

    /// <inheritdoc/>
    public override void WriteDebugLine(string message)
    {
    }

    /// <inheritdoc/>
    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
    }

    /// <summary>Goes on where the engine asks whether to go on after a message, as under <c>-Debug</c>; no other question can be answered.</summary>
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        choices.Any(c => c.Label == Halt) ? defaultChoice : throw CannotAsk();

    /// <inheritdoc/>
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) => throw CannotAsk();

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) => throw CannotAsk();

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) => throw CannotAsk();

    /// <inheritdoc/>
    public override string ReadLine() => throw CannotAsk();

    /// <inheritdoc/>
    public override SecureString ReadLineAsSecureString() => throw CannotAsk();

    private static HostException CannotAsk() => new(Messages.WorkerCannotPrompt, null, "HostFunctionNotImplemented", ErrorCategory.NotImplemented);

    private void Write(string value, bool isLine, ConsoleColor? foreground, ConsoleColor? background)
    {
        InformationRecord? announced = _announced;
        _announced = null;
        if (announced is not null && value == (announced.MessageData is HostInformationMessage already ? already.Message : announced.ToString()))
        {
            return; // It comes by its stream.
        }

        var message = new HostInformationMessage { Message = value, NoNewLine = !isLine, ForegroundColor = foreground, BackgroundColor = background };
        var record = new InformationRecord(message, nameof(PSIpc));
        record.Tags.Add(HostTag);
        write(record);
    }
}
