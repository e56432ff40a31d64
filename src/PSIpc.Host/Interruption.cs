using System.Runtime.InteropServices;

namespace PSIpc.Host;

/// <summary>
/// Ctrl+C and the signals that end a process. Ctrl+C stops the running pipeline; at a prompt the program goes on, else it ends. A request to
/// terminate stops the pipeline too, so that scripts clean up, and then ends the program in order, whatever the script does.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Session _session;
    private readonly bool _survivesCtrlC;
    private int _exitCode = -1;

    public Interruption(Session session, bool survivesCtrlC)
    {
        _session = session;
        _survivesCtrlC = survivesCtrlC;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => OnTerminate(context, ExitCodes.Terminated)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => OnTerminate(context, ExitCodes.HungUp)),
        ];
    }

    /// <summary>The code to exit with since a signal came; null when none did.</summary>
    public int? ExitCode => Volatile.Read(ref _exitCode) is >= 0 and int code ? code : null;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void OnInterrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_survivesCtrlC)
        {
            _session.Stop();
            return;
        }

        // The second time the user means it: the script may be deaf.
        bool again = Interlocked.Exchange(ref _exitCode, ExitCodes.Interrupted) == ExitCodes.Interrupted;
        if (!_session.Close() || again)
        {
            Environment.Exit(ExitCodes.Interrupted);
        }
    }

    private void OnTerminate(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true;
        Volatile.Write(ref _exitCode, exitCode);
        if (_session.Close())
        {
            Thread.Sleep(Grace);
        }

        // Not reached when the pipeline stops in time: the main thread returns first.
        Environment.Exit(exitCode);
    }
}
