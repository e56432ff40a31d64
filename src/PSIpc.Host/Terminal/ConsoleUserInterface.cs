using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace PSIpc.Host.Terminal;

/// <summary>
/// What scripts see as <c>$Host.UI</c>: output and questions go to standard output; errors, warnings, verbose and debug messages and progress
/// to standard error.
/// </summary>
internal sealed class ConsoleUserInterface : PSHostUserInterface, IHostUISupportsMultipleChoiceSelection
{
    private readonly ConsoleRawUserInterface _raw = new();

    public ConsoleUserInterface(bool nonInteractive)
    {
        Output = new ConsoleOutput();
        Input = new ConsoleInput(new LineEditor(Output));
        Questions = new Questions(Output, Input, nonInteractive);
    }

    public ConsoleOutput Output { get; }

    public ConsoleInput Input { get; }

    public override PSHostRawUserInterface RawUI => _raw;

    public override bool SupportsVirtualTerminal => Output.SupportsEscapes;

    private Questions Questions { get; }

    private static PSStyle.FormattingData Styles => PSStyle.Instance.Formatting;

    /// <summary>Leaves the terminal to a native command.</summary>
    public void BeginApplication() => Output.ClearProgress();

    public override string? ReadLine() => Questions.ReadLine();

    public override SecureString ReadLineAsSecureString() => Questions.ReadSecret();

    public override void Write(string value) => Output.Write(value);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        string colors = (Enum.IsDefined(foregroundColor) ? PSStyle.MapForegroundColorToEscapeSequence(foregroundColor) : "")
            + (Enum.IsDefined(backgroundColor) ? PSStyle.MapBackgroundColorToEscapeSequence(backgroundColor) : "");
        Output.Write(colors.Length == 0 ? value : colors + value + PSStyle.Instance.Reset);
    }

    public override void WriteLine(string value) => Output.WriteLine(value);

    public override void WriteErrorLine(string value) => Output.WriteErrorLine(value);

    public override void WriteWarningLine(string message) => Output.WriteErrorLine($"WARNING: {message}", Styles.Warning);

    public override void WriteVerboseLine(string message) => Output.WriteErrorLine($"VERBOSE: {message}", Styles.Verbose);

    public override void WriteDebugLine(string message) => Output.WriteErrorLine($"DEBUG: {message}", Styles.Debug);

    public override void WriteProgress(long sourceId, ProgressRecord record) => Output.WriteProgress(record);

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
        Questions.AskFields(caption, message, descriptions);

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        Questions.AskChoice(caption, message, choices, defaultChoice);

    public Collection<int> PromptForChoice(
        string? caption, string? message, Collection<ChoiceDescription> choices, IEnumerable<int>? defaultChoices) =>
        Questions.AskChoices(caption, message, choices, [.. defaultChoices ?? []]);

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        Questions.AskCredential(caption, message, userName);

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options) => Questions.AskCredential(caption, message, userName);
}
