using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace PSIpc.Host.Terminal;

/// <summary>
/// Asks the user: for a line, a secret, values by name, a choice. An answer that is needed but cannot come, since the input is at its end or
/// the program was started not to ask, is an error and never a silent default.
/// </summary>
internal sealed class Questions(ConsoleOutput output, ConsoleInput input, bool nonInteractive)
{
    /// <summary>A line; null at the end of the input.</summary>
    public string? ReadLine()
    {
        RefuseIfNonInteractive();
        return input.ReadLine();
    }

    public SecureString ReadSecret()
    {
        RefuseIfNonInteractive();
        var secret = new SecureString();
        foreach (char character in input.ReadLine(secret: true) ?? "")
        {
            secret.AppendChar(character);
        }

        secret.MakeReadOnly();
        return secret;
    }

    public PSCredential AskCredential(string? caption, string? message, string? userName)
    {
        Introduce(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            userName = Ask("User: ");
        }

        output.Write($"Password for user {userName}: ");
        return new PSCredential(userName, ReadSecret());
    }

    public Dictionary<string, PSObject> AskFields(string? caption, string? message, Collection<FieldDescription> fields)
    {
        Introduce(caption, message);
        return fields.ToDictionary(field => field.Name, AskField, StringComparer.OrdinalIgnoreCase);
    }

    public int AskChoice(string? caption, string? message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        Introduce(caption, message);
        var menu = new ChoiceMenu(choices, defaultChoice < 0 ? [] : [defaultChoice]);
        while (true)
        {
            string answer = Ask(menu.Text).Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            int choice = menu.Find(answer);
            if (choice >= 0)
            {
                return choice;
            }

            ShowHelpFor(answer, menu);
        }
    }

    public Collection<int> AskChoices(string? caption, string? message, Collection<ChoiceDescription> choices, int[] defaults)
    {
        Introduce(caption, message);
        var menu = new ChoiceMenu(choices, defaults);
        var chosen = new Collection<int>();
        output.WriteLine(menu.Text.TrimEnd());
        while (true)
        {
            string answer = Ask(string.Create(CultureInfo.InvariantCulture, $"Choice[{chosen.Count}]: ")).Trim();
            if (answer.Length == 0)
            {
                return chosen.Count > 0 ? chosen : [.. defaults];
            }

            int choice = menu.Find(answer);
            if (choice >= 0)
            {
                chosen.Add(choice);
            }
            else
            {
                ShowHelpFor(answer, menu);
            }
        }
    }

    private PSObject AskField(FieldDescription field)
    {
        Type type = TypeOf(field);
        string label = field.Name;
        if (type == typeof(SecureString))
        {
            output.Write($"{label}: ");
            return PSObject.AsPSObject(ReadSecret());
        }

        if (type == typeof(PSCredential))
        {
            return PSObject.AsPSObject(AskCredential(null, null, null));
        }

        return type.IsArray ? AskList(label, type) : AskValue($"{label}: ", type);
    }

    private static Type TypeOf(FieldDescription field) =>
        LanguagePrimitives.TryConvertTo(field.ParameterAssemblyFullName, out Type? type) && type is not null ? type
        : LanguagePrimitives.TryConvertTo(field.ParameterTypeFullName, out type) && type is not null ? type
        : typeof(string);

    // Values until an empty line.
    private PSObject AskList(string label, Type type)
    {
        var values = new List<object?>();
        while (true)
        {
            string answer = Ask(string.Create(CultureInfo.InvariantCulture, $"{label}[{values.Count}]: "));
            if (answer.Length == 0)
            {
                return PSObject.AsPSObject(LanguagePrimitives.ConvertTo(values.ToArray(), type, CultureInfo.CurrentCulture));
            }

            values.Add(answer);
        }
    }

    private PSObject AskValue(string prompt, Type type)
    {
        while (true)
        {
            try
            {
                return PSObject.AsPSObject(LanguagePrimitives.ConvertTo(Ask(prompt), type, CultureInfo.CurrentCulture));
            }
            catch (PSInvalidCastException error) when (ConsoleInput.IsTerminal)
            {
                output.WriteErrorLine(error.Message);
            }
        }
    }

    private void ShowHelpFor(string answer, ChoiceMenu menu)
    {
        if (answer == "?")
        {
            output.WriteLine(menu.Help);
        }
    }

    private void Introduce(string? caption, string? message)
    {
        RefuseIfNonInteractive();
        foreach (string? line in new[] { caption, message })
        {
            if (!string.IsNullOrEmpty(line))
            {
                output.WriteLine(line);
            }
        }
    }

    private string Ask(string prompt)
    {
        RefuseIfNonInteractive();
        output.Write(prompt);
        string? answer = input.ReadLine();
        if (answer is not null)
        {
            return answer;
        }

        output.WriteLine("");
        throw new HostException("An answer is needed, but standard input is at its end.");
    }

    private void RefuseIfNonInteractive()
    {
        if (nonInteractive)
        {
            throw new HostException("The script asks the user, but the program was started with -NonInteractive.");
        }
    }
}
