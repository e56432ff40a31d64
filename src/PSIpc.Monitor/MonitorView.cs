using PSIpc.Core;

namespace PSIpc.Monitor;

/// <summary>What the user has chosen to see: the order, the kind, a part of the name, and how far it is scrolled. Keys change it.</summary>
internal sealed class MonitorView(MonitorOptions options)
{
    private static readonly MonitorSort[] Sorts = Enum.GetValues<MonitorSort>();
    private static readonly ObjectKind[] Kinds = [.. Enum.GetValues<ObjectKind>().Where(k => k != ObjectKind.None)];

    private IReadOnlyList<ObjectKind> _present = [];
    private int _count;
    private int _page = 1;

    /// <summary>By what rows are sorted.</summary>
    public MonitorSort Sort { get; private set; } = options.Sort;

    /// <summary>Whether they are in the opposite order.</summary>
    public bool IsReversed { get; private set; } = options.IsReversed;

    /// <summary>The one kind that is shown; null for all that the options allow.</summary>
    public ObjectKind? Kind { get; private set; }

    /// <summary>The part of the name that shown objects have.</summary>
    public string Filter { get; private set; } = "";

    /// <summary>Whether keys go into the filter.</summary>
    public bool IsTyping { get; private set; }

    /// <summary>The first row that is shown.</summary>
    public int Top { get; private set; }

    /// <summary>The objects that are to be shown, in order.</summary>
    public IReadOnlyList<WatchedObject> Rows(MonitorFrame frame)
    {
        WatchedObject[] allowed = [.. frame.Objects.Where(o => options.Includes(o.Info.Kind, o.Info.Name))];
        _present = [.. Kinds.Where(k => Array.Exists(allowed, o => o.Info.Kind == k))];
        IEnumerable<WatchedObject> shown = allowed.Where(o => (Kind is null || o.Info.Kind == Kind) && o.Info.Name.Contains(Filter, StringComparison.OrdinalIgnoreCase));
        IOrderedEnumerable<WatchedObject> sorted = Sort switch
        {
            MonitorSort.Kind => shown.OrderBy(o => o.Info.Kind),
            MonitorSort.Name => shown.OrderBy(o => o.Info.Name, StringComparer.OrdinalIgnoreCase),
            MonitorSort.Age => shown.OrderBy(o => o.Info.Created),
            _ => shown.OrderByDescending(NumberOf),
        };
        WatchedObject[] rows = [.. sorted.ThenBy(o => o.Info.Name, StringComparer.OrdinalIgnoreCase).ThenBy(o => o.Info.Kind)];
        if (IsReversed)
        {
            Array.Reverse(rows);
        }

        return rows;
    }

    /// <summary>Scrolls so far that the screen is full, if there are rows enough.</summary>
    /// <param name="count">The rows that there are.</param>
    /// <param name="page">Those that the screen has room for.</param>
    public void Fit(int count, int page)
    {
        _count = count;
        _page = Math.Max(1, page);
        Top = Math.Clamp(Top, 0, Math.Max(0, count - _page));
    }

    /// <summary>Does what a key is for; true when it is to leave.</summary>
    public bool Press(ConsoleKeyInfo key) => IsTyping ? Type(key) : Command(key);

    private bool Command(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Escape or ConsoleKey.Q:
                return true;
            case ConsoleKey.UpArrow:
                Move(-1);
                break;
            case ConsoleKey.DownArrow:
                Move(1);
                break;
            case ConsoleKey.PageUp:
                Move(-_page);
                break;
            case ConsoleKey.PageDown:
                Move(_page);
                break;
            case ConsoleKey.Home:
                Top = 0;
                break;
            case ConsoleKey.End:
                Move(_count);
                break;
            case ConsoleKey.S:
                Sort = Sorts[(Array.IndexOf(Sorts, Sort) + 1) % Sorts.Length];
                break;
            case ConsoleKey.R:
                IsReversed = !IsReversed;
                break;
            case ConsoleKey.K:
                Kind = _present.Where(k => Kind is null || k > Kind).Select(k => (ObjectKind?)k).FirstOrDefault();
                Top = 0;
                break;
            default:
                IsTyping = key.KeyChar == '/';
                break;
        }

        return false;
    }

    private bool Type(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Escape:
                Filter = "";
                IsTyping = false;
                break;
            case ConsoleKey.Enter:
                IsTyping = false;
                break;
            case ConsoleKey.Backspace:
                Filter = Filter.Length > 0 ? Filter[..^1] : "";
                break;
            default:
                Filter += char.IsControl(key.KeyChar) ? "" : key.KeyChar;
                Top = 0;
                break;
        }

        return false;
    }

    private void Move(int rows) => Top = Math.Clamp(Top + rows, 0, Math.Max(0, _count - _page));

    private double NumberOf(WatchedObject row) => Sort switch
    {
        MonitorSort.Depth => row.Info.Counts?.Depth ?? -1,
        MonitorSort.Rate => row.Rate ?? -1,
        MonitorSort.Waiting => row.Info.WaitingProcesses.Length,
        MonitorSort.Attached => row.Info.AttachedProcesses.Length,
        _ => row.Info.Size,
    };
}
