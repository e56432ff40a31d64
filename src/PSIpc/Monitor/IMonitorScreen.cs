namespace PSIpc;

/// <summary>What shows the monitor. It is in an assembly of its own, which is loaded when a monitor is first shown.</summary>
internal interface IMonitorScreen
{
    /// <summary>Whether this process has a terminal with a screen that can be drawn and keys that can be read.</summary>
    bool IsTerminal { get; }

    /// <summary>A look as lines of text, without colours.</summary>
    /// <param name="frame">What was seen.</param>
    /// <param name="options">What is shown of it and how.</param>
    /// <param name="width">The longest line, in cells.</param>
    IReadOnlyList<string> Render(MonitorFrame frame, MonitorOptions options, int width);

    /// <summary>Shows the monitor until the user leaves it, then leaves the terminal as it was.</summary>
    /// <param name="watch">What is looked at.</param>
    /// <param name="options">What is shown of it at first, and how.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was stopped, or the user pressed Ctrl+C.</exception>
    void Run(ObjectWatch watch, MonitorOptions options, CancellationToken stop);
}
