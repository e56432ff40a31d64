using System.Globalization;
using System.Management.Automation.Host;
using System.Reflection;

namespace PSIpc.Host.Terminal;

/// <summary>The host as the engine sees it: its name and version, its user interface, and the wish to exit.</summary>
internal sealed class ConsoleHost(ConsoleUserInterface ui) : PSHost
{
    public override string Name => "psipc";

    public override Version Version { get; } = Assembly.GetExecutingAssembly().GetName().Version ?? new Version(0, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => ui;

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    /// <summary>The code that a script's <c>exit</c> gave; null as long as none has run.</summary>
    public int? RequestedExit { get; private set; }

    /// <summary>Runs a prompt inside the running pipeline; null where there is no user to prompt.</summary>
    public Action? NestedPrompt { get; set; }

    /// <summary>How many nested prompts the user has asked to leave.</summary>
    public int NestedExits { get; set; }

    public override void SetShouldExit(int exitCode) => RequestedExit = exitCode;

    public override void EnterNestedPrompt() => (NestedPrompt ?? throw new HostException("There is no user at a prompt."))();

    public override void ExitNestedPrompt() => NestedExits++;

    public override void NotifyBeginApplication() => ui.BeginApplication();

    public override void NotifyEndApplication()
    {
    }
}
