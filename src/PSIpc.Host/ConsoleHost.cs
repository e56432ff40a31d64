using System.Globalization;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;

namespace PSIpc.Host;

/// <summary>The host that cmdlets see.</summary>
internal sealed class ConsoleHost : PSHost
{
    private readonly ConsoleUI _ui = new();

    /// <summary>The code that a script gave to <c>exit</c>; null if none did.</summary>
    public int? ExitCode { get; private set; }

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "psipc";

    public override PSHostUserInterface UI => _ui;

    public override Version Version { get; } = typeof(ConsoleHost).Assembly.GetName().Version!;

    /// <summary>Colours only where somebody sees them.</summary>
    public void ApplyTo(Runspace runspace)
    {
        if (!_ui.UsesColours)
        {
            runspace.SessionStateProxy.InvokeCommand.InvokeScript("$PSStyle.OutputRendering = 'PlainText'");
        }
    }

    public override void EnterNestedPrompt() => throw new NotSupportedException("psipc has no nested prompt.");

    public override void ExitNestedPrompt()
    {
    }

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;
}
