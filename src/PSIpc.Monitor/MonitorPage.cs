using System.Globalization;
using PSIpc.Core.Pools;
using Spectre.Console;

namespace PSIpc.Monitor;

/// <summary>Lays a look out on a screen: a line on all of it, the rows that fit, and the keys.</summary>
internal static class MonitorPage
{
    private const int LinesAroundRows = 5;
    private static readonly Style Soft = new(Color.Grey);

    /// <summary>A look as text without end: all rows, no keys.</summary>
    public static Paragraph Compose(MonitorFrame frame, MonitorView view, int width)
    {
        IReadOnlyList<WatchedObject> rows = view.Rows(frame);
        var page = new Paragraph();
        WriteTop(page, frame, rows.Count, width);
        WriteRows(page, rows, view, width);
        return page;
    }

    /// <summary>A look that fills a screen.</summary>
    public static Paragraph Compose(MonitorFrame frame, MonitorView view, TimeSpan interval, int width, int height)
    {
        IReadOnlyList<WatchedObject> rows = view.Rows(frame);
        int room = Math.Max(1, height - LinesAroundRows);
        view.Fit(rows.Count, room);
        WatchedObject[] shown = [.. rows.Skip(view.Top).Take(room)];
        var page = new Paragraph();
        WriteTop(page, frame, rows.Count, width);
        WriteRows(page, shown, view, width, rows);
        page.Append(new string('\n', room - shown.Length + 1));
        WriteKeys(page, view, rows.Count, shown.Length, interval, width);
        return page;
    }

    private static void WriteTop(Paragraph page, MonitorFrame frame, int shown, int width)
    {
        int all = frame.Objects.Count;
        string text = $"{(shown == all ? Count(all, "object") : $"{shown} of {Count(all, "object")}")} in {frame.Directory}";
        PoolCounts[] pools = [.. frame.Objects.Select(o => o.Info.Counts?.Pool).OfType<PoolCounts>()];
        if (pools.Length > 0)
        {
            string pending = pools.Sum(p => p.Pending) is > 0 and var items ? $", {Count(items, "item")} not begun" : "";
            text += $" · {Count(pools.Length, "pool")}, {pools.Sum(p => p.Busy)} of {Count(pools.Sum(p => p.Workers), "worker")} busy{pending}";
        }

        string time = frame.At.ToString("T", CultureInfo.CurrentCulture);
        const string Title = "PSIpc  ";
        int room = Math.Max(0, width - Title.Length - time.Length - 1);
        page.Append(MonitorColumns.Fit(Title, Math.Min(width, Title.Length)), new Style(Color.Aqua, decoration: Decoration.Bold));
        page.Append(MonitorColumns.Fit(text, room));
        page.Append($"{(width > Title.Length + time.Length ? " " + time : "")}\n\n", Soft);
    }

    private static void WriteRows(Paragraph page, IReadOnlyList<WatchedObject> shown, MonitorView view, int width, IReadOnlyList<WatchedObject>? all = null)
    {
        var columns = new MonitorColumns(all ?? shown, width);
        columns.WriteHeader(page, view.Sort, view.IsReversed);
        foreach (WatchedObject row in shown)
        {
            page.Append("\n");
            columns.WriteRow(page, row);
        }
    }

    /// <summary>The last line. Which rows are shown comes first, so that a narrow screen does not hide that there are more.</summary>
    private static void WriteKeys(Paragraph page, MonitorView view, int count, int shown, TimeSpan interval, int width)
    {
        if (shown < count)
        {
            string range = $"{view.Top + 1}-{view.Top + shown} of {count}, {count - shown} more  ";
            page.Append(MonitorColumns.Fit(range, Math.Min(width, range.Length)), new Style(decoration: Decoration.Bold));
            width = Math.Max(0, width - range.Length);
        }

        if (view.IsTyping)
        {
            page.Append(MonitorColumns.Fit($"Name has: {view.Filter}_", Math.Min(width, 40)), new Style(decoration: Decoration.Bold));
            page.Append(MonitorColumns.Fit("  Enter keeps it, Esc takes it away", Math.Max(0, width - 40)), Soft);
            return;
        }

        string filter = view.Filter.Length > 0 ? $" ({view.Filter})" : "";
        string keys = $"{(shown < count ? "arrows scroll  " : "")}s sort: {view.Sort}  r reverse  k kind: {view.Kind?.ToString() ?? "all"}  / name{filter}  q leave  every {interval.TotalSeconds.ToString("0.#", CultureInfo.CurrentCulture)} s";
        page.Append(MonitorColumns.Fit(keys, width), Soft);
    }

    private static string Count(long count, string what) => $"{count.ToString("N0", CultureInfo.CurrentCulture)} {what}{(count == 1 ? "" : "s")}";
}
