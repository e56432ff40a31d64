using PSIpc.Core;
using Spectre.Console;

namespace PSIpc.Monitor;

/// <summary>The columns of the monitor: what is in them, and which of them a screen has room for.</summary>
internal sealed class MonitorColumns
{
    private const int SmallestText = 12;
    private const int LargestName = 36;
    private const int EnoughOfName = 28;
    private const int EnoughOfState = 16;
    private const int LargestState = 44;

    private static readonly Style Soft = new(Color.Grey);
    private static readonly Style Plain = Style.Plain;

    // In the order on the screen. The one with the highest rank goes first where there is no room.
    private static readonly Column[] All =
    [
        new("Kind", 10, false, 0, MonitorSort.Kind, (o, _) => o.Info.Kind.ToString(), o => new Style(ColorOf(o.Info.Kind))),
        new("Name", SmallestText, false, 0, MonitorSort.Name, (o, _) => o.Info.Name, _ => new Style(decoration: Decoration.Bold)),
        new("Depth", 8, true, 0, MonitorSort.Depth, (o, _) => CellText.OfNumber(o.Info.Counts?.Depth), o => o.Info.Counts?.Depth > 0 ? Plain : Soft),
        new("Rate/s", 8, true, 0, MonitorSort.Rate, (o, _) => CellText.OfRate(o.Rate), o => o.Rate > 0 ? new Style(Color.Green) : Soft),
        new("State", SmallestText, false, 1, null, (o, _) => CellText.OfState(o.Info), StateStyle),
        new("Held by", 8, false, 3, null, (o, width) => CellText.OfProcesses(o.Info.HolderProcesses, width), _ => new Style(Color.Yellow)),
        new("Waiting", 9, false, 2, MonitorSort.Waiting, (o, width) => CellText.OfProcesses(o.Info.WaitingProcesses, width), _ => new Style(Color.Yellow)),
        new("Attached", 12, false, 4, MonitorSort.Attached, (o, width) => CellText.OfProcesses(o.Info.AttachedProcesses, width), _ => Plain),
        new("Size", 8, true, 5, MonitorSort.Size, (o, _) => ReadableSize.Of(o.Info.Size), _ => Soft),
        new("Age", 8, true, 6, MonitorSort.Age, (o, _) => CellText.OfAge(DateTime.Now - o.Info.Created), _ => Soft),
    ];

    private readonly List<(Column Column, int Width)> _columns;

    /// <summary>Chooses columns for rows and a width.</summary>
    public MonitorColumns(IReadOnlyList<WatchedObject> rows, int width)
    {
        int name = Longest(rows, All[1], LargestName);
        int state = Longest(rows, All[4], LargestState);
        List<Column> shown = [.. All];
        while (shown.Count > 4 && WidthOf(shown, Math.Min(name, EnoughOfName), Math.Min(state, EnoughOfState)) > width)
        {
            shown.Remove(shown.MaxBy(c => c.Rank)!);
        }

        // What is left over goes to names first, then to states.
        int spare = width - WidthOf(shown, 0, 0);
        bool hasState = shown.Contains(All[4]);
        int nameWidth = Math.Clamp(hasState ? Math.Max(SmallestText, spare - Math.Min(state, EnoughOfState)) : spare, 1, name);
        int stateWidth = Math.Clamp(spare - nameWidth, 1, LargestState);
        _columns = [.. shown.Select(c => (c, c == All[1] ? nameWidth : c == All[4] ? stateWidth : c.Width))];
    }

    /// <summary>Writes the headers, with a mark at the one that rows are sorted by.</summary>
    public void WriteHeader(Paragraph target, MonitorSort sort, bool isReversed)
    {
        foreach ((Column column, int width) in _columns)
        {
            string mark = column.Sort == sort ? isReversed ? "▲" : "▼" : "";
            WriteCell(target, column, width, column.Title + mark, new Style(decoration: Decoration.Underline | (mark.Length > 0 ? Decoration.Bold : Decoration.None)));
        }
    }

    /// <summary>Writes the row of an object.</summary>
    public void WriteRow(Paragraph target, WatchedObject row)
    {
        foreach ((Column column, int width) in _columns)
        {
            WriteCell(target, column, width, column.Text(row, width), column.Style(row));
        }
    }

    /// <summary>Cuts or fills a text to a width.</summary>
    public static string Fit(string text, int width, bool isRight = false)
    {
        string cut = text.Length <= width ? text : width < 2 ? text[..width] : text[..(width - 1)] + "…";
        return isRight ? cut.PadLeft(width) : cut.PadRight(width);
    }

    private static void WriteCell(Paragraph target, Column column, int width, string text, Style style)
    {
        if (column != All[0])
        {
            target.Append(" ");
        }

        target.Append(Fit(text, width, column.IsNumber), style);
    }

    private static int WidthOf(List<Column> columns, int name, int state) =>
        columns.Sum(c => (c == All[1] ? name : c == All[4] ? state : c.Width) + 1) - 1;

    private static int Longest(IReadOnlyList<WatchedObject> rows, Column column, int most) =>
        Math.Clamp(rows.Count == 0 ? 0 : rows.Max(r => column.Text(r, most).Length), SmallestText, most);

    private static Style StateStyle(WatchedObject row) =>
        row.Info.IsOrphaned || row.Info.Counts is { IsOver: true } ? new Style(Color.Red)
        : CellText.FullOf(row.Info) is { } full ? new Style(full >= 0.9 ? Color.Red : full >= 0.5 ? Color.Yellow : Color.Green)
        : row.Info.Counts?.Pool is { Busy: > 0 } || row.Info.Counts?.IsSet == true ? new Style(Color.Green)
        : row.Info.HolderProcesses.Length > 0 ? new Style(Color.Yellow)
        : Plain;

    private static Color ColorOf(ObjectKind kind) => kind switch
    {
        ObjectKind.Queue or ObjectKind.Topic or ObjectKind.Pipe => Color.Aqua,
        ObjectKind.Pool or ObjectKind.Worker or ObjectKind.Process => Color.Fuchsia,
        ObjectKind.Value or ObjectKind.Array or ObjectKind.Memory or ObjectKind.Dictionary => Color.DodgerBlue1,
        _ => Color.Yellow,
    };

    private sealed record Column(
        string Title, int Width, bool IsNumber, int Rank, MonitorSort? Sort, Func<WatchedObject, int, string> Text, Func<WatchedObject, Style> Style);
}
