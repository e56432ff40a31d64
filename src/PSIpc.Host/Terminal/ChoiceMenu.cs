using System.Collections.ObjectModel;
using System.Management.Automation.Host;

namespace PSIpc.Host.Terminal;

/// <summary>Choices with their keys, as in <c>[Y] Yes  [N] No  [?] Help (default is "Y"): </c>.</summary>
internal sealed class ChoiceMenu
{
    private readonly (string Key, string Label, string Help)[] _choices;

    public ChoiceMenu(Collection<ChoiceDescription> choices, int[] defaults)
    {
        _choices = [.. choices.Select(Split)];
        string defaultKeys = string.Join(",", defaults.Select(index => KeyOrLabel(_choices[index])));
        string ending = defaults.Length == 0 ? ": " : $" (default is \"{defaultKeys}\"): ";
        Text = string.Join("  ", _choices.Select(choice => $"[{choice.Key}] {choice.Label}")) + "  [?] Help" + ending;
    }

    /// <summary>The menu on one line.</summary>
    public string Text { get; }

    /// <summary>A line for each choice with what it does.</summary>
    public string Help => string.Join(Environment.NewLine, _choices.Select(choice => $"{KeyOrLabel(choice)} - {choice.Help}"));

    /// <summary>The choice whose key or label this is; -1 when there is none.</summary>
    public int Find(string answer) => answer.Length == 0 ? -1 : Array.FindIndex(_choices, choice =>
        answer.Equals(choice.Key, StringComparison.OrdinalIgnoreCase) || answer.Equals(choice.Label, StringComparison.OrdinalIgnoreCase));

    private static string KeyOrLabel((string Key, string Label, string Help) choice) => choice.Key.Length > 0 ? choice.Key : choice.Label;

    // In a label the key follows an ampersand.
    private static (string Key, string Label, string Help) Split(ChoiceDescription choice)
    {
        int mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < choice.Label.Length
            ? (choice.Label[mark + 1].ToString().ToUpperInvariant(), choice.Label.Remove(mark, 1), choice.HelpMessage)
            : ("", choice.Label, choice.HelpMessage);
    }
}
