using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace PSIpc.Monitor;

/// <summary>The terminal that a monitor is shown in.</summary>
internal sealed class MonitorScreen : IMonitorScreen
{
    private const string Enter = "\u001b[?1049h\u001b[?25l"; // the other screen, and no cursor
    private const string Leave = "\u001b[?25h\u001b[?1049l";

    // To the corner, and to the end of line and screen, so that what is drawn over is never blank in between.
    private const string Home = "\u001b[H";
    private const string ClearLine = "\u001b[K";
    private const string ClearRest = "\u001b[J";

    private readonly object _gate = new();
    private readonly IAnsiConsole _terminal = AnsiConsole.Create(new AnsiConsoleSettings());
    private bool _isShown;

    /// <inheritdoc/>
    public bool IsTerminal => !Console.IsInputRedirected && !Console.IsOutputRedirected && _terminal.Profile.Capabilities is { Ansi: true, AlternateBuffer: true };

    /// <inheritdoc/>
    public IReadOnlyList<string> Render(MonitorFrame frame, MonitorOptions options, int width) =>
        [.. Draw(MonitorPage.Compose(frame, new MonitorView(options), width), width, ColorSystem.NoColors, ansi: false).Select(l => l.TrimEnd())];

    /// <inheritdoc/>
    public void Run(ObjectWatch watch, MonitorOptions options, CancellationToken stop)
    {
        bool takesCtrlC = Console.TreatControlCAsInput;
        void OnExit(object? sender, EventArgs e) => LeaveScreen();
        AppDomain.CurrentDomain.ProcessExit += OnExit;

        // Signals that end a process do so without an event, unless somebody listens.
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => LeaveScreen());
        using PosixSignalRegistration hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => LeaveScreen());
        try
        {
            Console.TreatControlCAsInput = true;
            EnterScreen();
            Loop(watch, options, stop);
        }
        finally
        {
            LeaveScreen();
            AppDomain.CurrentDomain.ProcessExit -= OnExit;
            Console.TreatControlCAsInput = takesCtrlC;
        }
    }

    private void EnterScreen()
    {
        lock (_gate)
        {
            _isShown = true;
            Write(Enter);
        }
    }

    /// <summary>Goes back to the screen from before, once; nothing is drawn after that.</summary>
    private void LeaveScreen()
    {
        lock (_gate)
        {
            if (_isShown)
            {
                _isShown = false;
                Write(Leave);
            }
        }
    }

    private void Write(string text)
    {
        TextWriter writer = _terminal.Profile.Out.Writer;
        writer.Write(text);
        writer.Flush();
    }

    private void Loop(ObjectWatch watch, MonitorOptions options, CancellationToken stop)
    {
        var view = new MonitorView(options);
        using var keys = new BlockingCollection<ConsoleKeyInfo>();
        using PosixSignalRegistration? resized = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => TryAdd(keys, default));
        var reader = new Thread(() => ReadKeys(keys)) { IsBackground = true, Name = "PSIpc monitor keys" };
        reader.Start();
        MonitorFrame frame = watch.Look();
        long looked = Stopwatch.GetTimestamp();
        while (true)
        {
            Show(MonitorPage.Compose(frame, view, options.Interval, Width, Height));
            TimeSpan left = options.Interval - Stopwatch.GetElapsedTime(looked);
            if (left <= TimeSpan.Zero)
            {
                frame = watch.Look();
                looked = Stopwatch.GetTimestamp();
            }
            else if (keys.TryTake(out ConsoleKeyInfo key, (int)Math.Ceiling(left.TotalMilliseconds), stop))
            {
                if (IsCtrlC(key))
                {
                    throw new OperationCanceledException();
                }

                if (view.Press(key))
                {
                    return;
                }
            }
        }
    }

    // The last column stays free: what clears the rest of a line would clear what is there.
    private int Width => Math.Max(20, _terminal.Profile.Width - 1);

    private int Height => Math.Max(6, _terminal.Profile.Height);

    /// <summary>
    /// Reads keys until one that leaves. While it reads, the terminal does not show what is typed. It ends by itself with the monitor, since Ctrl+C comes as a key too; only a
    /// monitor that is stopped from elsewhere leaves it behind, with the next key.
    /// </summary>
    private static void ReadKeys(BlockingCollection<ConsoleKeyInfo> keys)
    {
        try
        {
            var view = new MonitorView(new MonitorOptions()); // knows whether a key goes into the filter, or leaves
            while (true)
            {
                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                if (!TryAdd(keys, key) || IsCtrlC(key) || view.Press(key))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            // There is no more input: the terminal is gone, and the process is told so in another way.
        }
    }

    private static bool TryAdd(BlockingCollection<ConsoleKeyInfo> keys, ConsoleKeyInfo key)
    {
        try
        {
            return keys.TryAdd(key);
        }
        catch (ObjectDisposedException)
        {
            return false; // the monitor has been left
        }
    }

    private static bool IsCtrlC(ConsoleKeyInfo key) => key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control };

    private void Show(Paragraph page)
    {
        IEnumerable<string> lines = Draw(page, Width, _terminal.Profile.Capabilities.ColorSystem, ansi: true).Take(Height);
        string frame = Home + string.Join(ClearLine + "\r\n", lines) + ClearLine + ClearRest;
        lock (_gate)
        {
            if (_isShown)
            {
                Write(frame);
            }
        }
    }

    /// <summary>Draws a page into memory.</summary>
    private static string[] Draw(Paragraph page, int width, ColorSystem colors, bool ansi)
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.ColorSystem = colors;
        console.Write(page);
        return text.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }
}
