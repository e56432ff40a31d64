using System.Management.Automation;
using System.Management.Automation.Host;
using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Shows the shared objects of this user live in the terminal: fill level, rate, owners, waiters, processes.</para>
/// </summary>
[Cmdlet(VerbsCommon.Show, "IpcMonitor", DefaultParameterSetName = LiveSet)]
[OutputType(typeof(string))]
public sealed class ShowIpcMonitorCommand : IpcCmdlet
{
    private const string LiveSet = "Live";
    private const string OnceSet = "Once";
    private const int DefaultWidth = 120;
    private const int SmallestWidth = 40;

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan OnceInterval = TimeSpan.FromMilliseconds(500);
    private static readonly Lazy<IMonitorScreen> Screen = new(DependencyLoadContext.CreateMonitorScreen);

    /// <summary>Shows only objects with these names, which can have wildcards.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(AnyObjectNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Only objects of these kinds.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ObjectKindCompleter))]
    public ObjectKind[] Kind { get; set; } = [];

    /// <summary>The column by which rows are sorted at the beginning: texts ascending, numbers descending.</summary>
    [Parameter]
    public MonitorSort Sort { get; set; }

    /// <summary>Reverses the sort order.</summary>
    [Parameter]
    public SwitchParameter Reverse { get; set; }

    /// <summary>The refresh interval, in seconds or as a TimeSpan, at least 0.1 s (1 s). With <c>-Once</c>, the time over which rates are measured (0.5 s); 0 for no rates.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Writes one snapshot as text and ends: for scripts, and without a terminal.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OnceSet)]
    public SwitchParameter Once { get; set; }

    /// <summary>The maximum length of a line in characters; by default the width of the terminal, or 120.</summary>
    [Parameter(ParameterSetName = OnceSet)]
    [ValidateRange(SmallestWidth, 1000)]
    public int Width { get; set; }

    private MonitorOptions Options => new()
    {
        Names = [.. Name.Select(n => WildcardPattern.Get(n, WildcardOptions.IgnoreCase))],
        Kinds = Kind,
        Sort = Sort,
        IsReversed = Reverse,
        Interval = Interval < TimeSpan.Zero || Interval > LongestInterval ? LongestInterval : Interval < ShortestInterval ? ShortestInterval : Interval,
    };

    /// <summary>The window of the host's terminal; null where it has none.</summary>
    private Size? Window
    {
        get
        {
            try
            {
                return Host?.UI?.RawUI?.WindowSize is { Width: > 0, Height: > 0 } size ? size : null;
            }
            catch (Exception e) when (e is HostException or NotImplementedException or NotSupportedException or InvalidOperationException or IOException)
            {
                return null; // a host without a screen says so in one of these ways
            }
        }
    }

    /// <summary>Shows the monitor.</summary>
    protected override void EndProcessing() => Try(() =>
    {
        var watch = new ObjectWatch(IpcDirectory.Default);
        if (Once)
        {
            WriteOnce(watch);
            return;
        }

        if (Window is null || !Screen.Value.IsTerminal)
        {
            throw new IpcException(
                IpcErrorKind.NotSupported,
                Messages.MonitorNeedsTerminal);
        }

        try
        {
            Screen.Value.Run(watch, Options, StopToken);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    });

    private void WriteOnce(ObjectWatch watch)
    {
        MonitorFrame frame = watch.Look();
        TimeSpan interval = MyInvocation.BoundParameters.ContainsKey(nameof(Interval)) ? Interval : OnceInterval;
        if (interval > TimeSpan.Zero)
        {
            StopToken.WaitHandle.WaitOne(interval < LongestInterval ? interval : LongestInterval);
            StopToken.ThrowIfCancellationRequested();
            frame = watch.Look();
        }

        WriteObject(Screen.Value.Render(frame, Options, Width > 0 ? Width : Window?.Width ?? DefaultWidth), enumerateCollection: true);
    }
}
