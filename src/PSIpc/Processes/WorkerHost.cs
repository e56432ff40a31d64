using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace PSIpc;

/// <summary>The host of a child's runspace: nobody is there to ask, and what is written comes back by its stream.</summary>
/// <param name="write">Takes what is written to the host itself.</param>
internal sealed class WorkerHost(Action<InformationRecord> write) : PSHost
{
    /// <summary>The code that the script gave to <c>exit</c>; null if it did not.</summary>
    public int? ExitCode { get; private set; }

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "PSIpc worker";

    public override PSHostUserInterface UI { get; } = new WorkerUserInterface(write);

    public override Version Version { get; } = typeof(WorkerHost).Assembly.GetName().Version!;

    public override void EnterNestedPrompt()
    {
    }

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
