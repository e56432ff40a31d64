using System.Management.Automation;

namespace PSIpc.Host.Terminal;

/// <summary>Progress on one line of the terminal, which is rewritten with each record and goes when other text is written.</summary>
internal sealed class ProgressLine(TextWriter terminal)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private bool _shown;
    private long _lastShown;

    public void Show(ProgressRecord record)
    {
        if (record.RecordType == ProgressRecordType.Completed)
        {
            Clear();
            return;
        }

        if (_shown && System.Diagnostics.Stopwatch.GetElapsedTime(_lastShown) < Interval)
        {
            return;
        }

        string text = Describe(record);
        int width = Math.Max(20, Console.WindowWidth - 1);
        terminal.Write("\r" + (text.Length > width ? text[..width] : text) + "\e[K");
        _shown = true;
        _lastShown = System.Diagnostics.Stopwatch.GetTimestamp();
    }

    public void Clear()
    {
        if (_shown)
        {
            terminal.Write("\r\e[K");
            _shown = false;
        }
    }

    private static string Describe(ProgressRecord record)
    {
        string percent = record.PercentComplete >= 0 ? $" {record.PercentComplete} %" : "";
        string rest = record.SecondsRemaining >= 0 ? $" ({TimeSpan.FromSeconds(record.SecondsRemaining):c} left)" : "";
        string operation = string.IsNullOrEmpty(record.CurrentOperation) ? "" : $" - {record.CurrentOperation}";
        return $"{record.Activity}:{percent} {record.StatusDescription}{operation}{rest}".ReplaceLineEndings(" ");
    }
}
