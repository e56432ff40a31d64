using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace PSIpc.Host;

/// <summary>Output on the standard output; errors, warnings, verbose and debug text and progress on the standard error.</summary>
internal sealed class ConsoleUI : PSHostUserInterface
{
    private readonly ConsoleRawUI _raw = new();
    private int _progressWidth;

    /// <summary>Whether a terminal shows the output and nobody asked for none (no-color.org).</summary>
    public bool UsesColours { get; } =
        !Console.IsOutputRedirected && !Console.IsErrorRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public override PSHostRawUserInterface RawUI => _raw;

    public override bool SupportsVirtualTerminal => UsesColours;

    public override string? ReadLine() => Console.In.ReadLine();

    public override SecureString ReadLineAsSecureString()
    {
        var secret = new SecureString();
        if (Console.IsInputRedirected)
        {
            foreach (char c in Console.In.ReadLine() ?? "")
            {
                secret.AppendChar(c);
            }

            return secret;
        }

        for (ConsoleKeyInfo key = Console.ReadKey(true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(true))
        {
            if (key.Key == ConsoleKey.Backspace && secret.Length > 0)
            {
                secret.RemoveAt(secret.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                secret.AppendChar(key.KeyChar);
            }
        }

        Console.Out.WriteLine();
        return secret;
    }

    public override void Write(string value)
    {
        ClearProgress();
        Console.Out.Write(value);
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        ClearProgress();
        if (!UsesColours)
        {
            Console.Out.Write(value);
            return;
        }

        (ConsoleColor foreground, ConsoleColor background) = (Console.ForegroundColor, Console.BackgroundColor);
        Console.ForegroundColor = foregroundColor;
        if ((int)backgroundColor >= 0)
        {
            Console.BackgroundColor = backgroundColor;
        }

        Console.Out.Write(value);
        (Console.ForegroundColor, Console.BackgroundColor) = (foreground, background);
        Console.ResetColor();
    }

    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    public override void WriteErrorLine(string value) => WriteMessage("", value, "31");

    public override void WriteWarningLine(string message) => WriteMessage("WARNING: ", message, "33");

    public override void WriteVerboseLine(string message) => WriteMessage("VERBOSE: ", message, "33");

    public override void WriteDebugLine(string message) => WriteMessage("DEBUG: ", message, "33");

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        if (Console.IsErrorRedirected)
        {
            return;
        }

        ClearProgress();
        if (record.RecordType == ProgressRecordType.Completed)
        {
            return;
        }

        string percent = record.PercentComplete >= 0 ? string.Create(CultureInfo.InvariantCulture, $" {record.PercentComplete}%") : "";
        string text = $"{record.Activity}: {record.StatusDescription}{percent}";
        text = text.Length < _raw.BufferSize.Width ? text : text[..(_raw.BufferSize.Width - 1)];
        Console.Error.Write(text);
        _progressWidth = text.Length;
    }

    public override Dictionary<string, PSObject?> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        WriteHeading(caption, message);
        var answers = new Dictionary<string, PSObject?>();
        foreach (FieldDescription field in descriptions)
        {
            Write($"{field.Name}: ");
            bool secret = field.ParameterTypeFullName == typeof(SecureString).FullName;
            object? answer = secret ? ReadLineAsSecureString() : ReadLine();
            answers[field.Name] = answer is null ? null : PSObject.AsPSObject(answer);
        }

        return answers;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        WriteHeading(caption, message);
        string[] keys = choices.Select(c => KeyOf(c.Label)).ToArray();
        while (true)
        {
            string offer = string.Join("  ", choices.Select((c, i) => $"[{keys[i]}] {c.Label.Replace("&", "", StringComparison.Ordinal)}"));
            Write($"{offer}{(defaultChoice >= 0 ? $" (default is \"{keys[defaultChoice]}\")" : "")}: ");
            string? answer = ReadLine()?.Trim();
            if (answer is null && defaultChoice < 0)
            {
                throw new PSInvalidOperationException("The question cannot be answered: the input has ended.");
            }

            if (string.IsNullOrEmpty(answer) && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            int chosen = Array.FindIndex(keys, k => string.Equals(k, answer, StringComparison.OrdinalIgnoreCase));
            if (chosen < 0)
            {
                chosen = choices.ToList().FindIndex(c =>
                    string.Equals(c.Label.Replace("&", "", StringComparison.Ordinal), answer, StringComparison.OrdinalIgnoreCase));
            }

            if (chosen >= 0)
            {
                return chosen;
            }
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        WriteHeading(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            Write("User: ");
            userName = ReadLine() ?? throw new PSInvalidOperationException("No user name was given: the input has ended.");
        }

        Write($"Password for user {userName}: ");
        return new PSCredential(userName, ReadLineAsSecureString());
    }

    private static string KeyOf(string label)
    {
        int mark = label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < label.Length ? label.Substring(mark + 1, 1).ToUpperInvariant() : label;
    }

    private void WriteHeading(string caption, string message)
    {
        foreach (string text in new[] { caption, message })
        {
            if (!string.IsNullOrEmpty(text))
            {
                WriteLine(text);
            }
        }
    }

    private void WriteMessage(string label, string message, string colour)
    {
        ClearProgress();
        Console.Error.WriteLine(UsesColours && !message.Contains('\u001b', StringComparison.Ordinal)
            ? $"\u001b[{colour}m{label}{message}\u001b[0m"
            : label + message);
    }

    private void ClearProgress()
    {
        if (_progressWidth > 0)
        {
            Console.Error.Write("\r" + new string(' ', _progressWidth) + "\r");
            _progressWidth = 0;
        }
    }
}
