using System.Management.Automation;

namespace PSIpc.Host.Terminal;

/// <summary>
/// Reads lines: from a terminal by the line editor, from a pipe or a file as they come. A stop of the pipeline ends a read that waits.
/// </summary>
internal sealed class ConsoleInput(LineEditor editor)
{
    private Task<string?>? _pending;

    /// <summary>Whether a user types what is read.</summary>
    public static bool IsTerminal => !Console.IsInputRedirected;

    /// <summary>Has Ctrl+C come as a key, or as a signal again; nothing where no user types.</summary>
    public static void TakeControlC(bool asKey)
    {
        if (IsTerminal)
        {
            Console.TreatControlCAsInput = asKey;
        }
    }

    /// <summary>Ends a read from a pipe that waits when the pipeline that asked is stopped.</summary>
    public CancellationToken Cancellation { get; set; }

    /// <summary>Reads a line as the user types it.</summary>
    /// <param name="secret">Whether it is shown as asterisks.</param>
    /// <param name="complete">What the Tab key does; null for nothing.</param>
    /// <returns>The line; null at the end of the input.</returns>
    /// <exception cref="PipelineStoppedException">The user pressed Ctrl+C, or the pipeline was stopped.</exception>
    public string? ReadLine(bool secret = false, Completion? complete = null) =>
        IsTerminal ? editor.ReadLine(secret, complete) : ReadRedirected();

    // The read goes on when its caller is stopped; its line is the next one's.
    private string? ReadRedirected()
    {
        _pending ??= Task.Factory.StartNew(Console.In.ReadLine, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            _pending.Wait(Cancellation);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }

        string? line = _pending.Result;
        _pending = null;
        return line;
    }
}
